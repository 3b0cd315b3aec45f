// A session of OpenAI's Node package through Cordon: the caller sees the values, the provider none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeEach, describe, test } from 'node:test';

const { default: OpenAI } = createRequire(process.env.NODE_CLIENT)('openai');

const planted = JSON.parse(readFileSync(new URL('../planted.json', import.meta.url), 'utf8'));
const { person, email, iban, phone, second_person: secondPerson, second_email: secondEmail, card } = planted;
const model = 'gpt-4o-mini';
const prompt = `Write to ${person} at ${email}, or call ${phone}, about the account ${iban}.`;
const parameters = {
  type: 'object',
  properties: { name: { type: 'string' }, email: { type: 'string' }, copies: { type: 'integer' } },
};
const tools = [{ type: 'function', function: { name: 'send_letter', description: `Sends to ${secondEmail}.`, parameters } }];
const letter = { name: person, email, copies: 2 };

const client = (key = process.env.CLIENT_KEY, options = {}) =>
  new OpenAI({ baseURL: process.env.CORDON_URL, apiKey: key, maxRetries: 0, timeout: 60_000, ...options });
const user = (content) => [{ role: 'user', content }];
const chat = (messages, options = {}) => client().chat.completions.create({ model, messages, ...options });
const takeRecorded = async () => (await fetch(`${process.env.UPSTREAM_URL}/recorded`)).json();

// What reached the provider since the test began: as many requests, without a planted value; the bodies.
async function checkRecorded(requests = 1) {
  const recorded = await takeRecorded();
  assert.equal(recorded.length, requests);
  const text = JSON.stringify(recorded).toLowerCase();
  for (const value of Object.values(planted)) assert.ok(!text.includes(value.toLowerCase()), 'a planted value left');
  for (const request of recorded) assert.equal(request.headers.authorization, 'Bearer upstream-key');
  return recorded.map((request) => JSON.parse(request.body));
}

beforeEach(takeRecorded);

describe('answers', () => {
  test('a plain chat comes back whole', async () => {
    const system = { role: 'system', content: `You write for ${secondPerson}.` };
    const answer = await chat([system, ...user(prompt)], { user: email, metadata: { customer: email } });
    assert.equal(answer.choices[0].message.content, `Answer 0: ${prompt} End.`);
    assert.equal(answer.usage.total_tokens, 33);
    await checkRecorded();
  });

  test('the answer names the request and counts what was found', async () => {
    const { response } = await chat(user(prompt)).withResponse();
    assert.match(response.headers.get('x-cordon-request-id'), /^[0-9a-f-]{36}$/);
    assert.match(response.headers.get('x-cordon-entities'), /EMAIL_ADDRESS=1/);
    await checkRecorded();
  });

  test('a streamed chat comes back whole, with its usage', async () => {
    const chunks = [];
    for await (const chunk of await chat(user(prompt), { stream: true, stream_options: { include_usage: true } })) {
      chunks.push(chunk);
    }
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    assert.equal(text, `Answer 0: ${prompt} End.`);
    assert.ok(chunks.length > 10, 'a stream is not handed over in one piece');
    assert.equal(chunks.at(-1).usage.total_tokens, 33);
    await checkRecorded();
  });

  test('the stream helper gives the same answer', async () => {
    const stream = client().chat.completions.stream({ model, messages: user(prompt) });
    assert.equal(await stream.finalContent(), `Answer 0: ${prompt} End.`);
    await checkRecorded();
  });

  test('content in parts comes back whole', async () => {
    const parts = [`Write to ${person}.`, `Her mail is ${email}.`].map((text) => ({ type: 'text', text }));
    const answer = await chat(user(parts));
    assert.equal(answer.choices[0].message.content, `Answer 0: ${parts[0].text} ${parts[1].text} End.`);
    await checkRecorded();
  });

  test('every choice comes back whole (L06)', async () => {
    const expected = [0, 1].map((index) => `Answer ${index}: ${prompt} End.`);
    const answer = await chat(user(prompt), { n: 2 });
    assert.deepEqual(answer.choices.map((choice) => choice.message.content), expected);
    const streamed = ['', ''];
    for await (const chunk of await chat(user(prompt), { n: 2, stream: true })) {
      for (const choice of chunk.choices) streamed[choice.index] += choice.delta.content ?? '';
    }
    assert.deepEqual(streamed, expected);
    await checkRecorded(2);
  });

  for (const stream of [false, true]) {
    test(`a tool runs with the values, its result is hidden, ${stream ? 'streamed' : 'unstreamed'} (L04)`, async () => {
      const ran = [];
      const send = (given) => (ran.push(given), { sent_to: given.email, paid_from: iban });
      const runner = client().chat.completions.runTools({
        model,
        stream,
        messages: user(`Send ${person} (${email}) a letter.`),
        tools: [{ type: 'function', function: { name: 'send_letter', parse: JSON.parse, function: send, parameters } }],
      });
      const content = await runner.finalContent();
      assert.deepEqual(ran, [letter]);
      assert.equal(content, `Answer 0: ${JSON.stringify(send(letter))} End.`);
      const [first, second] = await checkRecorded(2);
      assert.deepEqual(second.messages.slice(0, first.messages.length), first.messages, "a turn's tokens stay (L22)");
    });
  }

  test('parallel tool calls are not mixed up', async () => {
    const asked = user(`Send ${person} (${email}) and ${secondPerson} (${secondEmail}) a letter each.`);
    const expected = [letter, { name: secondPerson, email: secondEmail, copies: 2 }];
    const given = (message) => message.tool_calls.map((call) => JSON.parse(call.function.arguments));
    assert.deepEqual(given((await chat(asked, { tools })).choices[0].message), expected);
    const stream = client().chat.completions.stream({ model, messages: asked, tools });
    assert.deepEqual(given(await stream.finalMessage()), expected);
    await checkRecorded(2);
  });

  test('structured output is parsed with the values (L05)', async () => {
    const schema = { name: 'contact', schema: parameters };
    const answer = await client().chat.completions.parse({
      model,
      messages: user(`Who is ${person} (${email})?`),
      response_format: { type: 'json_schema', json_schema: schema },
    });
    const contact = answer.choices[0].message.parsed;
    assert.deepEqual(contact, { name: person, email, note: `"${person}"\n<${email}>` });
    await checkRecorded();
  });

  test('models are listed and described', async () => {
    const listed = [];
    for await (const { id } of client().models.list()) listed.push(id);
    assert.ok(listed.includes(model));
    assert.equal((await client().models.retrieve(model)).id, model);
    await assert.rejects(client().models.retrieve('nobody'), OpenAI.NotFoundError);
    await checkRecorded(0);
  });
});

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
