// Errors by OpenAI's Node package through Cordon.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { OpenAI, checkRecorded, client, model, planted, prompt, takeRecorded, user } from './support.mjs';

const { card } = planted;
const chat = (messages, options = {}) => client().chat.completions.create({ model, messages, ...options });

beforeEach(takeRecorded);

describe('errors come as the class that the package has for them', () => {
  const failure = async (kind, code, { key, content = prompt, ...options } = {}) => {
    const failed = await client(key)
      .chat.completions.create({ model, messages: user(content), ...options })
      .then(() => assert.fail('an error was due'), (error) => error);
    assert.ok(failed instanceof kind, `${failed}`);
    assert.equal(failed.code, code);
    return failed;
  };

  test('a wrong key', async () => {
    await failure(OpenAI.AuthenticationError, 'invalid_api_key', { key: 'sk-wrong' });
    await checkRecorded(0);
  });

  test('a key of another role', async () => {
    await failure(OpenAI.PermissionDeniedError, 'insufficient_role', { key: process.env.AUDITOR_KEY });
    await checkRecorded(0);
  });

  test('what the policy blocks', async () => {
    const content = `Charge ${card} please.`;
    await failure(OpenAI.PermissionDeniedError, 'policy_blocked', { key: process.env.NO_CARDS_KEY, content });
    await checkRecorded(0);
  });

  test('an unknown model', async () => {
    await failure(OpenAI.NotFoundError, 'model_not_found', { model: 'nobody' });
    await checkRecorded(0);
  });

  test("the provider's limit passes with its words and its wait", async () => {
    const failed = await failure(OpenAI.RateLimitError, 'planned', { model: 'limited' });
    assert.equal(failed.headers.get('retry-after'), '7');
    assert.ok(failed.message.includes(`no: ${prompt}`));
    await failure(OpenAI.RateLimitError, 'planned', { model: 'limited', stream: true });
    await checkRecorded(2);
  });

  test('an overloaded provider', async () => {
    const failed = await failure(OpenAI.InternalServerError, 'upstream_error', { model: 'overloaded' });
    assert.equal(failed.status, 502);
    await checkRecorded();
  });

  test('a provider that does not answer in time', async () => {
    const failed = await failure(OpenAI.InternalServerError, 'upstream_timeout', { model: 'stalled' });
    assert.equal(failed.status, 504);
    await checkRecorded();
  });

  test('a caller that does not wait', async () => {
    const impatient = client(undefined, { timeout: 700 });
    const asking = impatient.chat.completions.create({ model: 'stalled', messages: user(prompt) });
    await assert.rejects(asking, OpenAI.APIConnectionTimeoutError);
    await checkRecorded();
  });

  test('a stream that breaks off is not taken for a whole one', async () => {
    const reading = (async () => {
      for await (const chunk of await chat(user(prompt), { model: 'broken', stream: true })) assert.ok(chunk);
    })();
    await assert.rejects(reading, (error) => error instanceof OpenAI.APIError && error.code === 'upstream_error');
    await checkRecorded();
  });
});
