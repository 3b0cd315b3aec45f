"""Failures by OpenAI's Python SDK through Cordon."""
import openai

from support import MODEL, PLANTED, PROMPT, ThroughCordon, client, user


class Errors(ThroughCordon):
    """What goes wrong comes as the error class that the SDK has for it."""

    def fails_with(self, error, code, key="CLIENT_KEY", model=MODEL, content=PROMPT, **options):
        with self.assertRaises(error) as failed:
            client(key).chat.completions.create(model=model, messages=user(content), **options)
        self.assertEqual(failed.exception.code, code)
        return failed.exception

    def test_a_wrong_key(self):
        self.fails_with(openai.AuthenticationError, "invalid_api_key", key="sk-wrong")
        with self.assertRaises(openai.AuthenticationError):
            client("sk-wrong").models.list()
        self.check_recorded(0)

    def test_a_key_of_another_role(self):
        self.fails_with(openai.PermissionDeniedError, "insufficient_role", key="AUDITOR_KEY")
        self.check_recorded(0)

    def test_what_the_policy_blocks(self):
        content = f"Charge {PLANTED['card']} please."
        error = self.fails_with(openai.PermissionDeniedError, "policy_blocked", key="NO_CARDS_KEY", content=content)
        self.assertIn("CREDIT_CARD", error.message)
        self.check_recorded(0)

    def test_an_unknown_model(self):
        self.fails_with(openai.NotFoundError, "model_not_found", model="nobody")
        self.check_recorded(0)

    def test_an_unknown_endpoint(self):
        with self.assertRaises(openai.NotFoundError):
            client().images.generate(model=MODEL, prompt=PROMPT)
        self.check_recorded(0)

    def test_a_malformed_request(self):
        self.fails_with(openai.BadRequestError, "invalid_request", content=7)
        self.check_recorded(0)

    def test_an_image_is_refused(self):
        """L16"""
        image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
        self.fails_with(openai.UnprocessableEntityError, "unscannable_content", content=image)
        self.check_recorded(0)

    def test_the_providers_limit_passes_with_its_words_and_its_wait(self):
        error = self.fails_with(openai.RateLimitError, "planned", model="limited")
        self.assertEqual(error.response.headers["retry-after"], "7")
        self.assertIn(f"no: {PROMPT}", error.message)
        self.fails_with(openai.RateLimitError, "planned", model="limited", stream=True)
        self.check_recorded(2)

    def test_an_overloaded_provider(self):
        error = self.fails_with(openai.InternalServerError, "upstream_error", model="overloaded")
        self.assertEqual(error.status_code, 502)
        self.check_recorded()

    def test_a_provider_that_does_not_answer_in_time(self):
        error = self.fails_with(openai.InternalServerError, "upstream_timeout", model="stalled")
        self.assertEqual(error.status_code, 504)
        self.check_recorded()

    def test_a_caller_that_does_not_wait(self):
        with self.assertRaises(openai.APITimeoutError):
            client(timeout=0.7).chat.completions.create(model="stalled", messages=user(PROMPT))
        self.check_recorded()

    def test_a_stream_that_breaks_off_is_not_taken_for_a_whole_one(self):
        with self.assertRaises(openai.APIError) as failed:
            list(client().chat.completions.create(model="broken", messages=user(PROMPT), stream=True))
        self.assertEqual(failed.exception.code, "upstream_error")
        self.check_recorded()

    def test_an_error_in_mid_stream_comes_with_the_providers_words(self):
        with self.assertRaises(openai.APIError) as failed:
            list(client().chat.completions.create(model="giving-up", messages=user(PROMPT), stream=True))
        self.assertIn(f"no: {PROMPT}", failed.exception.message)
        self.check_recorded()
