import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Misbehaviour of a scripted camera. */
export interface OnvifCameraOptions {
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Lead of its clock, in ms; it refuses digests that are older than a minute on it. */
  readonly clockOffset?: number;
  /** The host in the addresses that it names. */
  readonly namedHost?: string;
  /** Its answer to the request for the address of its event service. */
  readonly answer?: { readonly status: number; readonly body: string };
  /** It wants a reference parameter back. */
  readonly wantsReference?: boolean;
}

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const OPEN = `<s:Envelope xmlns:s="${SOAP}" xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:d="http://www.onvif.org/ver10/device/wsdl" xmlns:e="http://www.onvif.org/ver10/events/wsdl" xmlns:n="http://docs.oasis-open.org/wsn/b-2" xmlns:t="http://www.onvif.org/ver10/schema" xmlns:v="http://camera.example/own"><s:Body>`;
const MINUTE = 60_000;

/** One state that a camera tells of. */
export interface ScriptedEvent {
  readonly topic?: string;
  readonly rule?: string;
  readonly operation?: 'Initialized' | 'Changed' | 'Deleted';
  /** Undefined: the event has no state. */
  readonly value?: string | undefined;
}

/** A camera's ONVIF services, whose events are what the test says. */
export class OnvifCamera implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: OnvifCameraOptions;
  readonly #events: ScriptedEvent[] = [];
  #waiting: ServerResponse | undefined;
  /** Names of the operations that were asked for, in order. */
  readonly asked: string[] = [];
  isSilent = false;

  private constructor(server: Server, options: OnvifCameraOptions) {
    this.#server = server;
    this.#options = options;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async listen(options: OnvifCameraOptions = {}): Promise<OnvifCamera> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new OnvifCamera(server, options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/onvif/device_service`;
  }

  /** A question is open: it waits for events. */
  get isPulled(): boolean {
    return this.#waiting !== undefined;
  }

  tell(...events: readonly ScriptedEvent[]): void {
    this.#events.push(...events);
    this.#answerPull();
  }

  /** Breaks every connection off. */
  hangUp(): void {
    this.#waiting = undefined;
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #port(): number {
    return (this.#server.address() as { readonly port: number }).port;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const operation = /<s:Body><\w+:(\w+)/.exec(text)?.[1] ?? 'none';
    this.asked.push(operation);
    if (this.isSilent) return;
    const { answer } = this.#options;
    if (answer !== undefined && operation === 'GetCapabilities') {
      response.writeHead(answer.status).end(answer.body);
    } else if (operation !== 'GetSystemDateAndTime' && !this.#isAllowed(text)) {
      this.#fault(response, 'ter:NotAuthorized', 'Sender not authorized');
    } else this.#answer(operation, text, response);
  }

  #answer(operation: string, text: string, response: ServerResponse): void {
    const host = this.#options.namedHost ?? `127.0.0.1:${this.#port}`;
    switch (operation) {
      case 'GetSystemDateAndTime': {
        const time = new Date(Date.now() + (this.#options.clockOffset ?? 0));
        const date = `<t:Year>${time.getUTCFullYear()}</t:Year><t:Month>${time.getUTCMonth() + 1}</t:Month><t:Day>${time.getUTCDate()}</t:Day>`;
        const clock = `<t:Hour>${time.getUTCHours()}</t:Hour><t:Minute>${time.getUTCMinutes()}</t:Minute><t:Second>${time.getUTCSeconds()}</t:Second>`;
        const utc = `<t:UTCDateTime><t:Time>${clock}</t:Time><t:Date>${date}</t:Date></t:UTCDateTime>`;
        const body = `<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime>${utc}</d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>`;
        this.#reply(response, body);
        return;
      }
      case 'GetCapabilities': {
        const address = `<t:XAddr>http://${host}/onvif/events</t:XAddr>`;
        const body = `<d:GetCapabilitiesResponse><d:Capabilities><t:Events>${address}</t:Events></d:Capabilities></d:GetCapabilitiesResponse>`;
        this.#reply(response, body);
        return;
      }
      case 'CreatePullPointSubscription': {
        const parameters = '<a:ReferenceParameters><v:Id>17</v:Id></a:ReferenceParameters>';
        const reference = `<a:Address>http://${host}/onvif/pull?id=1</a:Address>${this.#options.wantsReference === true ? parameters : ''}`;
        const body = `<e:CreatePullPointSubscriptionResponse><e:SubscriptionReference>${reference}</e:SubscriptionReference></e:CreatePullPointSubscriptionResponse>`;
        this.#reply(response, body);
        return;
      }
      case 'PullMessages':
        if (this.#options.wantsReference === true && !/<\w+:Id[^>]*>17</.test(text)) {
          this.#fault(response, 'ter:InvalidArgVal', 'unknown subscription');
          return;
        }
        this.#waiting = response;
        this.#answerPull();
        return;
      default:
        this.#reply(response, '');
    }
  }

  #answerPull(): void {
    const response = this.#waiting;
    if (response === undefined || this.#events.length === 0) return;
    this.#waiting = undefined;
    const messages = this.#events.splice(0).map(messageOf).join('');
    this.#reply(response, `<e:PullMessagesResponse>${messages}</e:PullMessagesResponse>`);
  }

  /** WSS UsernameToken Profile 1.0 §3.1. */
  #isAllowed(text: string): boolean {
    const { credentials, clockOffset = 0 } = this.#options;
    if (credentials === undefined) return true;
    const field = (name: string): string => new RegExp(`:${name}(?: [^>]*)?>([^<]*)<`).exec(text)?.[1] ?? '';
    const created = field('Created');
    const digest = createHash('sha1')
      .update(Buffer.from(field('Nonce'), 'base64'))
      .update(created)
      .update(credentials.password)
      .digest('base64');
    const age = Math.abs(Date.now() + clockOffset - Date.parse(created));
    return field('Username') === credentials.username && field('Password') === digest && age < MINUTE;
  }

  #reply(response: ServerResponse, body: string): void {
    response
      .writeHead(200, { 'content-type': 'application/soap+xml' })
      .end(`${OPEN}${body}</s:Body></s:Envelope>`);
  }

  #fault(response: ServerResponse, code: string, reason: string): void {
    const subcode = `<s:Subcode><s:Value>${code}</s:Value></s:Subcode>`;
    const fault = `<s:Fault><s:Code><s:Value>s:Sender</s:Value>${subcode}</s:Code><s:Reason><s:Text>${reason}</s:Text></s:Reason></s:Fault>`;
    response.writeHead(400).end(`${OPEN}${fault}</s:Body></s:Envelope>`);
  }
}

function messageOf({
  topic = 'tns1:RuleEngine/CellMotionDetector/Motion',
  rule = 'rule1',
  operation = 'Changed',
  value,
}: ScriptedEvent): string {
  const source = `<t:Source><t:SimpleItem Name="Rule" Value="${rule}"/></t:Source>`;
  const data = value === undefined ? '' : `<t:SimpleItem Name="IsMotion" Value="${value}"/>`;
  const message = `<t:Message UtcTime="2026-01-01T00:00:00Z" PropertyOperation="${operation}">${source}<t:Data>${data}</t:Data></t:Message>`;
  return `<n:NotificationMessage><n:Topic>${topic}</n:Topic><n:Message>${message}</n:Message></n:NotificationMessage>`;
}
