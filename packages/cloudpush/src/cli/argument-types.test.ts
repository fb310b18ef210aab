import { expect, test } from 'vitest';
import {
  bitRate,
  byteSize,
  frameRate,
  integer,
  listenAddress,
  nonNegative,
  positive,
} from './argument-types.js';

test.each([
  ['1', 1],
  ['0025', 25],
])('%s is a whole number', (text, value) => {
  expect(integer(1)(text)).toBe(value);
});

test.each(['0', '-1', '1.5', '1e3', '', 'x', '99999999999999999999'])(
  '%j is no whole number of at least 1',
  (text) => {
    expect(() => integer(1)(text)).toThrow('A whole number of at least 1');
  },
);

test.each([
  ['0.5', 0.5],
  ['.5', 0.5],
  ['10', 10],
])('%s is a positive number', (text, value) => {
  expect(positive(100)(text)).toBe(value);
});

test.each(['0', '-1', '101', 'NaN', 'Infinity', '1s', ''])('%j is no number between 0 and 100', (text) => {
  expect(() => positive(100)(text)).toThrow('up to 100');
});

test.each([
  ['25', 25],
  ['29.97', 29.97],
  ['30000/1001', 30_000 / 1001],
])('%s is a frame rate', (text, value) => {
  expect(frameRate(text)).toBe(value);
});

test.each(['0', '25/0', '0/25', '1001', 'fast', '', ' '])('%j is no frame rate', (text) => {
  expect(() => frameRate(text)).toThrow('frame rate');
});

test.each([
  ['1048576', 2 ** 20],
  ['64k', 2 ** 16],
  ['64M', 2 ** 26],
  ['64MiB', 2 ** 26],
  ['1.5 GB', 1.5 * 2 ** 30],
])('%s is a size', (text, bytes) => {
  expect(byteSize(text)).toBe(bytes);
});

test.each(['0', '64T', 'M', '-1', ''])('%j is no size', (text) => {
  expect(() => byteSize(text)).toThrow('size');
});

test.each([
  ['800000', 800_000],
  ['800k', 800_000],
  ['4M', 4_000_000],
  ['2.5 Mbit/s', 2_500_000],
  ['4mbps', 4_000_000],
])('%s is a bit rate', (text, bits) => {
  expect(bitRate(text)).toBe(bits);
});

test.each(['0', '4G', 'M', '-1', '2000M', ''])('%j is no bit rate', (text) => {
  expect(() => bitRate(text)).toThrow('bit rate');
});

test.each([
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['localhost', { host: 'localhost', port: 1935 }],
  [':1936', { host: '0.0.0.0', port: 1936 }],
  ['[::1]:1935', { host: '::1', port: 1935 }],
  ['[::]', { host: '::', port: 1935 }],
])('%s is an address', (text, address) => {
  expect(listenAddress(1935)(text)).toEqual(address);
});

test('a port alone is one of this machine, and no host', () => {
  expect(listenAddress(1935)('21936')).toEqual({ host: '127.0.0.1', port: 21_936 });
});

test.each([
  ['0', 0],
  ['2.5', 2.5],
])('%s is a number from 0', (text, value) => {
  expect(nonNegative(10)(text)).toBe(value);
});

test.each(['-1', '11', '', 'x'])('%j is no number from 0 to 10', (text) => {
  expect(() => nonNegative(10)(text)).toThrow('A number from 0 to 10');
});

test.each(['', '65536', 'host:65536', 'host:x', '::1', 'a b:1', '1:2:3'])('%j is no address', (text) => {
  expect(() => listenAddress(1935)(text)).toThrow('host:port');
});
