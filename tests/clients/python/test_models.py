"""The list of models by OpenAI's Python SDK."""
import openai

from support import MODEL, ThroughCordon, client


class Models(ThroughCordon):
    def test_models_are_listed_and_described(self):
        self.assertIn(MODEL, [model.id for model in client().models.list()])
        self.assertEqual(client().models.retrieve(MODEL).id, MODEL)
        with self.assertRaises(openai.NotFoundError):
            client().models.retrieve("nobody")
        self.check_recorded(0)
