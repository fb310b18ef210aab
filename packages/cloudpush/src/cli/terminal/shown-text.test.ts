import { expect, test } from 'vitest';
import { shownJson, shownText, withoutSecretsOf } from './shown-text.js';

test.each([
  ["unknown command 'rtmp://u:pw@h/live/x?token=SECRET'", "unknown command 'rtmp://h/live/x'"],
  ["'--url=rtmps://h:1936/live/x?token=SECRET' it is", "'--url=rtmps://h:1936/live/x' it is"],
  ['rtmp:/h/live/x?token=SECRET: no such file', 'rtmp:/h/live/x: no such file'],
  ['rtmp:u:SECRET@h/live', 'rtmp:h/live'],
  ['rtmp://u:SE/CRET@h/live/x?SECRET#SECRET', 'rtmp://h/live/x'],
  ['rtmp://u:SE/CRET@h/live/x#name?SECRET', 'rtmp://h/live/x#name'],
  ['http://u:SE/CRET@h/live/x#SECRET', 'http://h/live/x'],
  ['http://SECRET@h/', 'http://h/'],
  ['to rtmp://[::1]:1935/live/cam@home and on', 'to rtmp://[::1]:1935/live/cam@home and on'],
  ['to rtmp://h/live/cam@home', 'to rtmp://h/live/cam@home'],
  ['4:2:0, see a: b? c@d', '4:2:0, see a: b? c@d'],
])('%j is shown as %j', (text, shown) => {
  expect(shownText(text)).toBe(shown);
});

test('what moves the cursor or talks to the terminal is replaced, and lines stay', () => {
  expect(shownText('a\u001b[2Jb\u001b]0;title\u0007c\rd\u009be\nf')).toBe('a?[2Jb?]0;title?c?d?e\nf');
});

test('a URL that is repeated is bare whatever it holds', () => {
  const url = `rtmp://h/live/x?token=SE CRET'S`;
  expect(withoutSecretsOf(['push', `--url=${url}`], `unknown option '--url=${url}' here`)).toBe(
    "unknown option '--url=rtmp://h/live/x' here",
  );
});

test('text that turns its order around, or hides, is shown without', () => {
  expect(shownText('a\u202egnp.exe\u2066b\u200fc\u2028d\ne')).toBe('a?gnp.exe?b?c?d\ne');
  expect(shownJson(JSON.stringify('a\u202eb\u007f\u0001'))).toBe('"a\\u202eb\\u007f\\u0001"');
});
