import type { ListenAddress } from './listen-fault.js';

/** Settings of the gateway's HTTP: addresses, hosts and token. */
export interface HttpSettings {
  /** API and dashboard; undefined: there are none. */
  readonly api?: ApiSettings | undefined;
  /** Metrics and health at an address of their own, beside the API's; the API's token holds there too. */
  readonly metrics?: { readonly listen: ListenAddress } | undefined;
}

interface ApiSettings {
  readonly listen: ListenAddress;
  /** The bearer token that requests must show; undefined: none, which only loopback addresses permit. */
  readonly token?: string | undefined;
  /** Host names that the server goes by, beside IP addresses, `localhost` and the machine's own name. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** Address that it listens on. */
export interface HttpAddresses {
  readonly api?: ListenAddress;
  readonly metrics?: ListenAddress;
}
