import { conformance } from './suite.ts';

conformance('conformance, embedded engine', {});
