// What the sessions of OpenAI's Node package share: the planted values, the client, and what must have reached the provider.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const { default: OpenAI } = createRequire(process.env.NODE_CLIENT)('openai');

export const planted = JSON.parse(readFileSync(new URL('../planted.json', import.meta.url), 'utf8'));
const { person, email, iban, phone, second_person: secondPerson, second_email: secondEmail } = planted;
export const model = 'gpt-4o-mini';
export const prompt = `Write to ${person} at ${email}, or call ${phone}, about the account ${iban}.`;
export const both = `Send ${person} (${email}) and ${secondPerson} (${secondEmail}) a letter each.`;
export const parameters = {
  type: 'object',
  properties: { name: { type: 'string' }, email: { type: 'string' }, copies: { type: 'integer' } },
};
export const letter = { name: person, email, copies: 2 };
export const secondLetter = { name: secondPerson, email: secondEmail, copies: 2 };
export const contact = { name: person, email, note: `"${person}"\n<${email}>` };

export const client = (key = process.env.CLIENT_KEY, options = {}) =>
  new OpenAI({ baseURL: process.env.CORDON_URL, apiKey: key, maxRetries: 0, timeout: 60_000, ...options });
export const user = (content) => [{ role: 'user', content }];
export const takeRecorded = async () => (await fetch(`${process.env.UPSTREAM_URL}/recorded`)).json();

// What reached the provider since the test began: as many requests, without a planted value; the bodies.
export async function checkRecorded(requests = 1) {
  const recorded = await takeRecorded();
  assert.equal(recorded.length, requests);
  const text = JSON.stringify(recorded).toLowerCase();
  for (const value of Object.values(planted)) assert.ok(!text.includes(value.toLowerCase()), 'a planted value left');
  for (const request of recorded) assert.equal(request.headers.authorization, 'Bearer upstream-key');
  return recorded.filter((request) => request.body).map((request) => JSON.parse(request.body));
}
