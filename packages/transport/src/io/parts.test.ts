import { describe, expect, test } from 'vitest';
import { parseProxy } from './dial/proxy.js';
import { Fifo } from './publisher/fifo.js';
import { Throughput } from './publisher/throughput.js';

describe('Fifo', () => {
  test('keeps the order while it grows and goes round', () => {
    const fifo = new Fifo<number>(4);
    const out: number[] = [];
    let next = 0;
    for (const [pushes, shifts] of [
      [3, 2],
      [4, 1],
      [10, 12],
      [1, 3],
    ] as const) {
      for (let i = 0; i < pushes; i++) fifo.push(next++);
      for (let i = 0; i < shifts; i++) out.push(fifo.shift());
    }
    expect(fifo.length).toBe(0);
    expect(out).toEqual(Array.from({ length: 18 }, (_, i) => i));
  });
});

describe('Throughput', () => {
  test('comes near a steady rate, and falls when nothing is written', () => {
    const throughput = new Throughput();
    let now = 0;
    for (; now < 10_000; now += 40) throughput.add(20_000, now);
    expect(throughput.bytesPerSecond(now)).toBeGreaterThan(490_000);
    expect(throughput.bytesPerSecond(now)).toBeLessThan(530_000);
    expect(throughput.bytesPerSecond(now + 10_000)).toBeLessThan(20_000);
  });

  test('is 0 before anything was written', () => {
    expect(new Throughput().bytesPerSecond(1000)).toBe(0);
  });
});

describe('proxy URL', () => {
  test.each([
    ['socks5://p:1081', { kind: 'socks5', host: 'p', port: 1081, user: '', password: '' }],
    ['socks5://p', { kind: 'socks5', port: 1080 }],
    ['http://u:p%3Aw@p', { kind: 'http', port: 8080, user: 'u', password: 'p:w' }],
    ['http://p:80', { port: 80 }],
    ['http://[::1]:3128', { host: '::1', port: 3128 }],
  ])('%s', (text, expected) => {
    expect(parseProxy(text)).toMatchObject(expected);
  });

  test.each(['ftp://p', 'p:1080', 'https://p', ''])('refuses %j', (text) => {
    expect(() => parseProxy(text)).toThrow('the proxy is not a URL of the form');
  });
});
