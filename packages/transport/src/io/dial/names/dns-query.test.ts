import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { queryDns } from './dns-query.js';

const TYPE_A = 1;

/**
 * A name server on loopback: answers for the names that it has, with one IPv4 address, says of others that
 * they do not exist, and says nothing at all of those that begin with `dead`.
 */
async function dnsServer(
  addresses: Readonly<Record<string, { readonly address: string; readonly ttl: number }>>,
): Promise<AsyncDisposable & { readonly server: string; readonly asked: readonly string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, sender) => {
    const { name, end } = readName(query);
    asked.push(name);
    if (!name.startsWith('dead'))
      socket.send(answerTo(query, end, addresses[name]), sender.port, sender.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  return {
    server: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => void socket.close(() => resolve()));
    },
  };
}

/** The name of the one question, and where the question ends (RFC 1035 §4.1.2). */
function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let offset = 12;
  for (let length = query[offset]!; length > 0; length = query[offset]!) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: offset + 5 };
}

function answerTo(
  query: Buffer,
  end: number,
  known: { readonly address: string; readonly ttl: number } | undefined,
): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  const question = query.subarray(12, end);
  const hasAnswer = known !== undefined && query.readUInt16BE(end - 4) === TYPE_A;
  header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2); // a response; NXDOMAIN where the name is not known
  header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  if (!hasAnswer) return Buffer.concat([header, question]);
  const record = Buffer.from('c00c00010001000000000004', 'hex'); // name of the question, A, IN, TTL, 4 bytes
  record.writeUInt32BE(known.ttl, 6);
  return Buffer.concat([header, question, record, Buffer.from(known.address.split('.').map(Number))]);
}

const never = new AbortController().signal;

describe('a question to DNS', () => {
  test('brings the addresses and how long they hold', async () => {
    await using dns = await dnsServer({ 'a.example': { address: '192.0.2.1', ttl: 17 } });
    expect(await queryDns('a.example', never, [dns.server])).toEqual({
      addresses: [{ address: '192.0.2.1', family: 4 }],
      ttl: 17_000,
    });
  });

  test('fails for a name that does not exist', async () => {
    await using dns = await dnsServer({});
    await expect(queryDns('b.example', never, [dns.server])).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('is given up when the signal fires, though nobody answers', async () => {
    await using dns = await dnsServer({});
    const abort = new AbortController();
    const asking = queryDns('dead.example', abort.signal, [dns.server]);
    await vi.waitFor(() => expect(dns.asked.length).toBeGreaterThan(0), 10_000);
    abort.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });
});
