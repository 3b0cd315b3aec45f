"""Embeddings by OpenAI's Python SDK through Cordon."""
import openai

from support import EMAIL, MODEL, PERSON, ThroughCordon, client

TEXTS = [f"{PERSON} came.", f"Write to {EMAIL}.", f"{PERSON} came."]


class Embeddings(ThroughCordon):
    def embed(self, texts, key="MASK_EMBEDDINGS_KEY", **options):
        return client(key).embeddings.create(model=MODEL, input=texts, **options)

    def test_text_with_values_is_refused_by_default(self):
        """L18"""
        with self.assertRaises(openai.PermissionDeniedError) as failed:
            self.embed(TEXTS, key="CLIENT_KEY")
        self.assertEqual(failed.exception.code, "policy_blocked")
        self.check_recorded(0)

    def test_text_without_values_is_embedded(self):
        self.assertEqual(len(self.embed("The ferry was late.", key="CLIENT_KEY").data[0].embedding), 8)
        self.assertEqual(self.check_recorded()[0]["input"], "The ferry was late.")

    def test_a_policy_may_embed_tokens_the_same_ones_each_time(self):
        for encoding in ("float", "base64"):
            first, second, third = (part.embedding for part in self.embed(TEXTS, encoding_format=encoding).data)
            self.assertEqual(first, third)
            self.assertNotEqual(first, second)
        first, again = self.check_recorded(2)
        self.assertEqual(first["input"], again["input"])

    def test_the_package_decodes_what_it_asks_for_itself(self):
        answer = self.embed(TEXTS)
        self.assertEqual(([len(part.embedding) for part in answer.data], answer.usage.total_tokens), ([8] * 3, 11))
        self.assertEqual(self.check_recorded()[0]["encoding_format"], "base64")

    def test_numbers_of_a_vocabulary_are_refused(self):
        """L16"""
        with self.assertRaises(openai.UnprocessableEntityError) as failed:
            self.embed([[5159, 836, 374]])
        self.assertEqual(failed.exception.code, "unscannable_content")
        self.check_recorded(0)
