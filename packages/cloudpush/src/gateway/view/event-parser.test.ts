import { expect, test } from 'vitest';
import { EventParser } from './event-parser.js';

const TEXT =
  ': a comment\nid: 1\nevent: snapshot\ndata: {"a": 1}\n\nretry: 5\n\ndata:x\r\ndata: y: z\r\n\r\nevent: delta\rdata\r\rdata: cut';
const EVENTS = [
  { event: 'snapshot', data: '{"a": 1}' },
  { event: 'message', data: 'x\ny: z' },
  { event: 'delta', data: '' },
];

test('events are the same wherever the stream is cut', () => {
  for (let at = 0; at <= TEXT.length; at++) {
    const parser = new EventParser();
    expect([...parser.push(TEXT.slice(0, at)), ...parser.push(TEXT.slice(at))]).toEqual(EVENTS);
  }
  const parser = new EventParser();
  expect([...TEXT].flatMap((character) => parser.push(character))).toEqual(EVENTS);
});

test('an event without end is not kept without end', () => {
  const parser = new EventParser();
  const piece = `data: ${'x'.repeat(2 ** 20)}\n`;
  expect(() => {
    for (let sent = 0; sent < 65; sent++) parser.push(piece);
  }).toThrow('more than 67108864 characters');
});
