//! What the embedded model does to tokens.

use cordon::config::assets::{Asset, find_home};
use cordon::local::{ChatMessage, ChatRequest, LocalConfig, LocalModel};
use cordon::scrub::Escape;

use super::Style;
use super::conversation::{Conversation, Minted};
use super::generated::share;

/// What it is asked to do, and what stands in front of its answer.
const TASKS: &[(&str, &str)] = &[
    ("copy", "Repeat this text word for word:"),
    ("translate", "Translate this text into Spanish and NOTE:"),
    ("list", "List the people and contacts of this text, one a line:"),
    ("JSON", "Write the names and contacts of this text as a JSON object:"),
];

const TEXTS: &[&str] = &[
    "{} wants to move the meeting to Tuesday. Please write to {}.",
    "The parcel for {} came back. Call {} before noon.",
    "{} and {} share a flat.",
    "Invoice 17 was paid by {}; the receipt goes to {}.",
    "Remind {} of the appointment and send the form to {}.",
    "{} reported a broken heating. The plumber can be reached at {}.",
];

/// Answers to one task and text: the likeliest one, and one drawn by a seed.
const SEEDS: [Option<u32>; 2] = [None, Some(7)];
const ANSWER_TOKENS_MAX: u32 = 72;
/// The name before the contact in each text.
const NAMES: usize = 4;

#[derive(Default)]
struct Count {
    answers: usize,
    asked: usize,
    written: usize,
    restored: usize,
}

/// Prints the table; gives the wrong restorations.
pub fn run(styles: &[Style]) -> Vec<String> {
    let home = find_home(None).or_else(|_| find_home(Some(concat!(env!("CARGO_MANIFEST_DIR"), "/.cordon").as_ref())));
    let config = LocalConfig { context_tokens: 512, ..LocalConfig::new(Asset::LocalModel.path_in(&home.unwrap())) };
    let model = LocalModel::load(config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut wrong = Vec::new();
    println!("\nAsked of {}:\n", model.name());
    println!("| task | style | answers | tokens in the prompt | tokens in the answer | of these restored |");
    println!("|---|---|---:|---:|---:|---:|");
    for (task, instruction) in TASKS {
        for style in styles {
            let instruction = instruction.replace("NOTE", style.note);
            let count = runtime.block_on(count(&model, style, &instruction, &mut wrong));
            let Count { answers, asked, written, restored } = count;
            println!("| {task} | {} | {answers} | {asked} | {written} | {} |", style.name, share(restored, written));
        }
    }
    wrong
}

async fn count(model: &LocalModel, style: &Style, instruction: &str, wrong: &mut Vec<String>) -> Count {
    let mut count = Count::default();
    for (number, text) in TEXTS.iter().enumerate() {
        let conversation = Conversation::new(style, number);
        let asked = [number % NAMES, NAMES + number % (conversation.minted.len() - NAMES)];
        let asked = asked.map(|at| &conversation.minted[at]);
        let prompt = asked.iter().fold((*text).to_owned(), |text, minted| text.replacen("{}", &minted.token, 1));
        for seed in SEEDS {
            let answer = answer(model, format!("{instruction}\n{prompt}"), seed).await;
            let restored = conversation.restorer.restore(&answer, Escape::Text);
            count.answers += 1;
            count.asked += asked.len();
            for minted in &conversation.minted {
                let (written, became) =
                    (mentions(&answer, minted, &conversation), restored.matches(minted.value).count());
                count.written += written;
                count.restored += written.min(became);
                if became > written {
                    wrong.push(format!("{:?} came of {answer:?}", minted.value));
                }
            }
        }
    }
    count
}

/// How often an answer writes what tells this token from others, however bent: its
/// letters and digits in their order, where they are no part of a longer one's.
fn mentions(answer: &str, minted: &Minted, conversation: &Conversation) -> usize {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let (answer, token) = (letters(answer), letters(&minted.token));
    let others = conversation.minted.iter().map(|other| letters(&other.token));
    let longer = others.filter(|other| other.len() > token.len() && other.contains(&token));
    let within: usize = longer.map(|longer| answer.matches(&longer).count()).sum();
    answer.matches(&token).count().saturating_sub(within)
}

async fn answer(model: &LocalModel, prompt: String, seed: Option<u32>) -> String {
    let request = ChatRequest {
        messages: vec![ChatMessage { role: "user".to_owned(), content: prompt }],
        max_tokens: Some(ANSWER_TOKENS_MAX),
        temperature: if seed.is_some() { 0.6 } else { 0.0 },
        top_p: 0.9,
        seed,
        stop: Vec::new(),
    };
    model.generate(request).await.unwrap().collect().await.unwrap().0
}
