import type { MessagePort } from 'node:worker_threads';
import type { HttpAddresses, HttpSettings } from './http-settings.js';

/** Data that the HTTP thread begins with. */
export interface HttpThreadInit {
  readonly settings: HttpSettings;
  /** To `answerCalls` in the gateway's thread. */
  readonly gateway: MessagePort;
}

/** To the HTTP thread. */
export type HttpThreadOrder =
  | { readonly type: 'setToken'; readonly token: string | undefined }
  | { readonly type: 'close' };

/** From the HTTP thread. */
export type HttpThreadReport =
  | { readonly type: 'listening'; readonly addresses: HttpAddresses }
  | { readonly type: 'refused'; readonly message: string; readonly code: string | undefined }
  | { readonly type: 'problem'; readonly message: string };
