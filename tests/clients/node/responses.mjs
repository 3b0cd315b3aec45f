// Responses by OpenAI's Node package through Cordon, also those that the provider keeps.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { OpenAI, both, checkRecorded, client, contact, letter, model, parameters, planted, prompt, secondLetter, takeRecorded } from './support.mjs';

const { person, email, iban, second_person: secondPerson } = planted;
const tools = [{ type: 'function', name: 'send_letter', description: `Sends to ${email}.`, parameters, strict: false }];
const respond = (input, options = {}) => client().responses.create({ model, input, ...options });

beforeEach(takeRecorded);

describe('responses', () => {
  test('a plain response comes back whole', async () => {
    const answer = await respond(prompt, { instructions: `You write for ${secondPerson}.`, metadata: { customer: email } });
    assert.equal(answer.output_text, `Answer 0: ${prompt} End.`);
    assert.equal(answer.usage.total_tokens, 33);
    await checkRecorded();
  });

  test('a streamed response comes back whole', async () => {
    const events = [];
    for await (const event of await respond(prompt, { stream: true })) events.push(event);
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
    assert.equal(deltas.join(''), `Answer 0: ${prompt} End.`);
    assert.ok(deltas.length > 10, 'a stream is not handed over in one piece');
    assert.equal(events.at(-1).response.output[0].content[0].text, `Answer 0: ${prompt} End.`);
    await checkRecorded();
  });

  test('the stream helper gives the same answer', async () => {
    const whole = await client().responses.stream({ model, input: prompt }).finalResponse();
    assert.equal(whole.output_text, `Answer 0: ${prompt} End.`);
    await checkRecorded();
  });

  test('tools get the values and their results are hidden (L04, L13)', async () => {
    const asked = [{ role: 'user', content: both }];
    const { output } = await respond(asked, { tools });
    assert.deepEqual(output.map((call) => JSON.parse(call.arguments)), [letter, secondLetter]);
    const result = JSON.stringify({ sent_to: email, paid_from: iban });
    const results = output.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: result }));
    const answer = await respond([...asked, ...output, ...results], { tools });
    assert.equal(answer.output_text, `Answer 0: ${result} End.`);
    const [first, second] = await checkRecorded(2);
    assert.deepEqual(second.input.slice(0, 1), first.input, "a turn's tokens stay (L22)");
  });

  test('structured output is parsed with the values (L05)', async () => {
    const format = { type: 'json_schema', name: 'contact', schema: parameters };
    const answer = await client().responses.parse({ model, input: `Who is ${person} (${email})?`, text: { format } });
    assert.deepEqual(answer.output_parsed, contact);
    await checkRecorded();
  });

  test('a conversation that the provider keeps goes on', async () => {
    const first = await respond(prompt);
    const second = await respond(`And ${secondPerson}?`, { previous_response_id: first.id });
    assert.equal(second.output_text, `Answer 0: And ${secondPerson}? End.`);
    const told = [];
    for await (const item of client().responses.inputItems.list(second.id)) told.push(...item.content.map(({ text }) => text));
    assert.ok(told.includes(prompt) && told.includes(`Answer 0: ${prompt} End.`), `${told}`);
    await checkRecorded(3);
  });

  test('a kept response can be read and deleted, by its tenant alone (L23)', async () => {
    const { id } = await respond(prompt);
    await assert.rejects(client(process.env.NO_CARDS_KEY).responses.retrieve(id), OpenAI.NotFoundError);
    assert.equal((await client().responses.retrieve(id)).output[0].content[0].text, `Answer 0: ${prompt} End.`);
    await client().responses.delete(id);
    await assert.rejects(client().responses.retrieve(id), OpenAI.NotFoundError);
    await checkRecorded(3);
  });
});
