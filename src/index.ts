export { createServer, type Millrace, type MillraceOptions } from './millrace.ts';
export { DEFAULTS, type Config, type FsyncMode, type LogLevel } from './config/config.ts';
export type {
  Handler,
  HandlerAnswer,
  HandlerBody,
  HandlerRegistration,
  HandlerRequest,
} from './services/handler.ts';
