/** Transport of one track as asked for (RFC 2326 §12.39). */
export type TransportRequest =
  | { readonly protocol: 'tcp'; readonly rtpChannel: number }
  | { readonly protocol: 'udp'; readonly rtpPort: number };

/** Transport of one track as the camera has chosen it. Fields that it left out are undefined. */
export interface TransportResponse {
  readonly protocol: 'tcp' | 'udp' | 'other';
  readonly multicast: boolean;
  /** Interleaved channel, or server port, of RTP and of RTCP. */
  readonly interleaved: readonly [number, number] | undefined;
  readonly serverPort: readonly [number, number] | undefined;
  /** Host that the datagrams come from, when it is not the one that was connected to. */
  readonly source: string | undefined;
}

/** Writes the value of a Transport header field. */
export function writeTransport(request: TransportRequest): string {
  if (request.protocol === 'tcp') {
    return `RTP/AVP/TCP;unicast;interleaved=${request.rtpChannel}-${request.rtpChannel + 1}`;
  }
  return `RTP/AVP;unicast;client_port=${request.rtpPort}-${request.rtpPort + 1}`;
}

/** Parses the value of a Transport header field of a response. */
export function parseTransport(text: string): TransportResponse {
  const [profile = '', ...parameters] = text
    .split(',', 1)[0]!
    .split(';')
    .map((part) => part.trim());
  const values = new Map<string, string>();
  for (const parameter of parameters.slice(0, 32)) {
    const [name = '', value = ''] = parameter.split('=', 2);
    values.set(name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, ''));
  }
  return {
    protocol: protocolOf(profile.toUpperCase()),
    multicast: values.has('multicast'),
    interleaved: pairOf(values.get('interleaved'), 255),
    serverPort: pairOf(values.get('server_port'), 65_535),
    source: values.get('source') || undefined,
  };
}

function protocolOf(profile: string): TransportResponse['protocol'] {
  if (profile === 'RTP/AVP/TCP') return 'tcp';
  return profile === 'RTP/AVP' || profile === 'RTP/AVP/UDP' ? 'udp' : 'other';
}

/** `a-b`, or `a` alone, which stands for a and a + 1. */
function pairOf(text: string | undefined, highest: number): readonly [number, number] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text ?? '');
  if (match === null) return undefined;
  const first = Number(match[1]);
  const second = match[2] === undefined ? first + 1 : Number(match[2]);
  return first <= highest && second <= highest ? [first, second] : undefined;
}
