import { describeDatabase, type RepositoryAttempt } from '../src/index.js';
import { sampleService } from './sample-service.js';
import { ThingRepository } from './thing.repository.js';

const things = new ThingRepository();

const withThing = (id: number, attempt: RepositoryAttempt['attempt']): RepositoryAttempt => ({
  prepare: async tx => {
    await things.insert(tx, id, `thing ${id}`);
    return id;
  },
  attempt,
});

describeDatabase(sampleService, {
  repositories: {
    'ThingRepository.find': withThing(1, (tx, id) => things.find(tx, id)),
    'ThingRepository.rename': withThing(2, (tx, id) => things.rename(tx, id, 'mine')),
  },
  sources: new URL('.', import.meta.url),
});
