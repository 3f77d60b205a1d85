import { describeEvents } from '../src/conformance/bus.conformance.js';
import { useTestKafka } from './support/test-kafka.js';

const kafka = useTestKafka();

describeEvents('kafka', () => kafka.harness());
