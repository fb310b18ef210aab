/**
 * The interface of an embedded C push SDK (version 2.0.0), so that a program that uses it can be ported line
 * by line: every function under both of its prefixes and in each of its spellings, every enum under its C
 * names. See docs/compat.md.
 */
export type { EventCallback } from './callback.js';
export type { CompatOptions, ConnectionDefaults } from './compat-options.js';
export * from './event-type.js';
export {
  type Callback,
  close as SVCloudPush_API_Close,
  close as SVPush_API_Close,
  connect as SVCloudPush_API_Connect,
  connect as SVPush_API_Connect,
  connectByDeviceSN as SVCloudPush_API_Connect_By_DeviceSN,
  connectByDeviceSN as SVPush_API_Connect_By_DeviceSN,
  connectByDeviceToken as SVCloudPush_API_Connect_By_Device_Token,
  connectByDeviceToken as SVPush_API_Connect_By_Device_Token,
  initialize as SVCloudPush_API_Initialize,
  initialize as SVPush_API_Initialize,
  initLog as SVCloudPush_API_Init_log,
  initLog as SVPush_API_Init_log,
  isConnect as SVCloudPush_API_Is_Connect,
  isConnect as SVPush_API_Is_Connect,
  liveConnect as SVCloudPush_API_Live_Connect,
  liveConnect as SVPush_API_Live_Connect,
  sendMetadata as SVCloudPush_API_Send_Metadata,
  sendMetadata as SVPush_API_Send_Metadata,
  sendPacket as SVCloudPush_API_Send_Packet,
  sendPacket as SVPush_API_Send_Packet,
  setTokenServerInterface as SVCloudPush_API_Set_Token_Serve_Interface,
  setTokenServerInterface as SVCloudPush_API_Set_Token_Server_Interface,
  setTokenServerInterface as SVPush_API_Set_Token_Serve_Interface,
  setTokenServerInterface as SVPush_API_Set_Token_Server_Interface,
  type Text,
  uninitialize as SVCloudPush_API_UnInitialize,
  uninitialize as SVCloudPush_API_Uninitialize,
  uninitialize as SVPush_API_UnInitialize,
  uninitialize as SVPush_API_Uninitialize,
  uninitialized,
} from './functions.js';
export * from './log-level.js';
export * from './media-encrypt.js';
export * from './media-type.js';
export type { MetadataParameter } from './metadata.js';
export * from './metadata-type.js';
export * from './trigger-type.js';
export { version as SVCloudPush_API_Version, version as SVPush_API_Version } from './version.js';
