import { expect, it } from 'vitest';
import { table } from './output.js';

it('aligns columns to their widest cell and leaves no blanks at the end', () => {
  expect(
    table(
      ['SLUG', 'STATUS'],
      [
        ['a-long-slug', 'active'],
        ['b', ''],
      ],
    ),
  ).toBe('SLUG         STATUS\na-long-slug  active\nb');
});
