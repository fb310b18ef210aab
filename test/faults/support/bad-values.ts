/** Thrown by values that throw when they are looked at: it may come out again, as it is. */
const OWN_ERROR = new Error('of the caller');

/** Whether an error is one that a bad value has thrown itself. */
export function isOwnError(error: unknown): boolean {
  return (
    error === OWN_ERROR ||
    (error instanceof TypeError && error.message.includes('proxy that has been revoked'))
  );
}

/** Memory that has been given to another thread. */
export function detached(): Uint8Array {
  const bytes = new Uint8Array(64).fill(1);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function throwing(): object {
  const fail = (): never => {
    throw OWN_ERROR;
  };
  return new Proxy(
    {},
    { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
  );
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Nothing that any parameter of ours is meant to be, or hardly. */
export const badValues: readonly (readonly [what: string, make: () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a boolean', () => true],
  ['zero', () => 0],
  ['minus one', () => -1],
  ['NaN', () => Number.NaN],
  ['infinity', () => Number.POSITIVE_INFINITY],
  ['a number beyond all', () => 2 ** 60],
  ['a bigint', () => 10n],
  ['an empty text', () => ''],
  ['a text', () => 'rubbish'],
  ['a long text', () => 'x'.repeat(100_000)],
  ['a text of half a character', () => '\ud800'],
  ['a symbol', () => Symbol('s')],
  ['an empty object', () => ({})],
  ['an object without a prototype', () => Object.create(null)],
  ['an object of unknown names', () => ({ rubbish: 1, url: 7, pts: 'x', signal: {} })],
  ['an object that throws', throwing],
  ['a proxy that was revoked', revoked],
  ['a circle', circle],
  ['an empty list', () => []],
  ['a list', () => [1, 'x', null]],
  ['a function', () => () => {}],
  ['a function that throws', () => throwingFunction],
  ['a class', () => class {}],
  ['a promise', () => Promise.resolve(1)],
  ['a date', () => new Date(Number.NaN)],
  ['empty bytes', () => new Uint8Array(0)],
  ['bytes', () => Uint8Array.of(0, 0, 0, 1, 9)],
  ['bytes that are shared', () => new Uint8Array(new SharedArrayBuffer(100))],
  ['bytes that are detached', detached],
  ['a buffer', () => new ArrayBuffer(8)],
  ['a view', () => new DataView(new ArrayBuffer(8))],
  ['other numbers', () => new Float32Array(4)],
  ['a signal that is aborted', () => AbortSignal.abort(OWN_ERROR)],
  ['something like a signal', () => ({ aborted: false, addEventListener: 1 })],
];

function circle(): object {
  const made: Record<string, unknown> = {};
  made['self'] = made;
  return made;
}

function throwingFunction(): never {
  throw OWN_ERROR;
}
