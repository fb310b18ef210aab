import { describe, expect, test } from 'vitest';
import { Transactions } from './transactions.js';

describe('transactions', () => {
  test('forgets the oldest of too many unanswered commands', () => {
    const transactions = new Transactions();
    const ids = Array.from({ length: 20 }, () => transactions.begin('FCPublish'));
    expect(transactions.settle(ids[0]!, undefined)).toBeUndefined();
    expect(transactions.settle(ids[19]!, undefined)).toBe('FCPublish');
    expect(transactions.settle(ids[19]!, undefined)).toBeUndefined();
  });
});
