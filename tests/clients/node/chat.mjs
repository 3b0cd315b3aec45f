// Chat completions by OpenAI's Node package through Cordon: the caller sees the values, the provider none.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { both, checkRecorded, client, contact, letter, model, parameters, planted, prompt, secondLetter, takeRecorded, user } from './support.mjs';

const { person, email, iban, second_person: secondPerson, second_email: secondEmail } = planted;
const tools = [{ type: 'function', function: { name: 'send_letter', description: `Sends to ${secondEmail}.`, parameters } }];
const chat = (messages, options = {}) => client().chat.completions.create({ model, messages, ...options });

beforeEach(takeRecorded);

describe('chat completions', () => {
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
    const asked = user(both);
    const expected = [letter, secondLetter];
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
    assert.deepEqual(answer.choices[0].message.parsed, contact);
    await checkRecorded();
  });
});
