import { describeMembers } from '../src/conformance/bus.conformance.js';
import { breakableKafka } from './support/breakable-kafka.js';
import { useTestKafka } from './support/test-kafka.js';

const kafka = useTestKafka();

describeMembers('kafka', () => kafka.harness(), breakableKafka);
