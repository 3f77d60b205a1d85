import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../attributes/attribute.schema.js';
import { bodyOfCells, checkHeadings } from './csv-columns.js';

const attributes: AttributeDefinition[] = [
  { name: 'badge', type: 'number', required: false, unique: true },
  { name: 'remote', type: 'boolean', required: false, unique: false },
  { name: 'since', type: 'date', required: false, unique: false },
  { name: 'nick', type: 'string', required: false, unique: false },
];

describe('checkHeadings', () => {
  const faultOf = (headings: string[], mode: 'create' | 'upsert' = 'create') => {
    try {
      return checkHeadings(headings, attributes, mode);
    } catch (error) {
      return (error as { errors: { code: string }[] }).errors[0]?.code;
    }
  };

  it.each([
    [['login', 'firstName', 'shoe'], 'unknown_column'],
    [['login', 'firstName', 'lastName', ''], 'unknown_column'],
    [['login', 'firstName', 'lastName', 'attributes.none'], 'unknown_column'],
    [['login', 'firstName', 'lastName', 'securityQuestion.'], 'unknown_column'],
    [['Login', 'firstName', 'lastName'], 'unknown_column'],
    [['login', 'firstName', 'lastName', ' login '], 'duplicate_column'],
    [['login', 'lastName'], 'missing_column'],
  ])('refuses %j as %s', (headings, fault) => {
    expect(faultOf(headings)).toBe(fault);
  });

  it('takes headings with spaces around them, in any order', () => {
    expect(faultOf([' lastName', 'login ', 'firstName', 'attributes.badge', 'securityQuestion.First pet?'])).toEqual([
      'lastName',
      'login',
      'firstName',
      'attributes.badge',
      'securityQuestion.First pet?',
    ]);
  });

  it('needs nothing but the login where users may exist already', () => {
    expect(faultOf(['login', 'country'], 'upsert')).toEqual(['login', 'country']);
    expect(faultOf(['country'], 'upsert')).toBe('missing_column');
  });
});

describe('bodyOfCells', () => {
  const body = (row: Record<string, string>) => bodyOfCells(Object.keys(row), Object.values(row), attributes);

  it('leaves out what an empty cell says nothing of', () => {
    expect(body({ login: 'ada', country: '', assignedGroups: '', 'attributes.nick': '' })).toEqual({ login: 'ada' });
  });

  it('splits lists at semicolons', () => {
    expect(body({ assignedGroups: 'grp_1; grp_2;', roles: 'USER' })).toEqual({
      assignedGroups: ['grp_1', 'grp_2'],
      roles: ['USER'],
    });
  });

  it.each([
    ['attributes.badge', '42', 42],
    ['attributes.badge', ' -1.5e3 ', -1500],
    ['attributes.badge', '0x10', '0x10'],
    ['attributes.badge', '1,5', '1,5'],
    ['attributes.badge', '1e999', '1e999'],
    ['attributes.remote', 'FALSE', false],
    ['attributes.remote', 'yes', 'yes'],
    ['attributes.since', ' 2026-01-31 ', '2026-01-31'],
    ['attributes.nick', ' 42 ', ' 42 '],
  ])('reads %s "%s" as %j', (column, cell, value) => {
    expect(body({ [column]: cell })).toEqual({ attributes: { [column.slice(11)]: value } });
  });

  it('takes the question from the heading and the answer from the cell', () => {
    expect(body({ 'securityQuestion.First pet?': 'Rex' })).toEqual({ securityQuestion: { 'First pet?': 'Rex' } });
  });
});
