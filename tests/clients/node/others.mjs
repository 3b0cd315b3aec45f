// Completions, embeddings and models by OpenAI's Node package through Cordon.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { OpenAI, checkRecorded, client, model, planted, prompt, takeRecorded } from './support.mjs';

const { person, email } = planted;
const texts = [`${person} came.`, `Write to ${email}.`, `${person} came.`];
const masking = process.env.MASK_EMBEDDINGS_KEY;

beforeEach(takeRecorded);

describe('completions, embeddings and models', () => {
  test('a completion comes back whole, also streamed', async () => {
    const answer = await client().completions.create({ model, prompt, suffix: `Yours, ${person}`, max_tokens: 50 });
    assert.equal(answer.choices[0].text, `${prompt} 0: so it was.`);
    let streamed = '';
    for await (const chunk of await client().completions.create({ model, prompt, stream: true })) {
      streamed += chunk.choices[0].text;
    }
    assert.equal(streamed, `${prompt} 0: so it was.`);
    await checkRecorded(2);
  });

  test('embeddings of values are refused unless the policy masks them (L18)', async () => {
    await assert.rejects(client().embeddings.create({ model, input: texts }), OpenAI.PermissionDeniedError);
    const { data } = await client(masking).embeddings.create({ model, input: texts });
    assert.equal(data.length, 3);
    assert.deepEqual(data[0].embedding, data[2].embedding);
    assert.notDeepEqual(data[0].embedding, data[1].embedding);
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
