import { conformance } from './suite.ts';

conformance('conformance, memory engine', { memory: true });
