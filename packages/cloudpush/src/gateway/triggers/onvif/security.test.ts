import { expect, test } from 'vitest';
import { usernameToken } from './security.js';

test('the password goes as the digest of nonce, time and password', () => {
  // The worked example of ONVIF Application Programmer's Guide §6.1.1.3.
  const nonce = Buffer.from('LKqI6G/AikKCQrN0zqZFlg==', 'base64');
  const time = Date.parse('2010-09-16T07:50:45Z');
  const header = usernameToken({ username: 'user', password: 'userpassword' }, time, nonce);
  // The example writes the time without milliseconds, and so has another digest.
  expect(header).toContain('<wsu:Created>2010-09-16T07:50:45.000Z</wsu:Created>');
  expect(header).toContain('LKqI6G/AikKCQrN0zqZFlg==</wsse:Nonce>');
  expect(header).not.toContain('userpassword');
  const digest = /PasswordDigest">([^<]+)</.exec(header)?.[1];
  expect(Buffer.from(digest!, 'base64')).toHaveLength(20);
});

test('names are written as XML wants them, and no two headers are alike', () => {
  const credentials = { username: 'a<b>&"c"', password: 'x' };
  const one = usernameToken(credentials, 0);
  expect(one).toContain('<wsse:Username>a&lt;b&gt;&amp;&quot;c&quot;</wsse:Username>');
  expect(usernameToken(credentials, 0)).not.toBe(one);
});
