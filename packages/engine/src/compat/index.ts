export * from './event-type.js';
export * from './log-level.js';
export * from './media-encrypt.js';
export * from './media-type.js';
export * from './metadata-type.js';
export * from './trigger-type.js';
export { version as SVCloudPush_API_Version, version as SVPush_API_Version } from './version.js';
