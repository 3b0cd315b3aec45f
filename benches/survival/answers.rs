//! Sentences that answers are made of: `{}` is a token, `{!}` a literal of the
//! user's.

pub const ANSWERS: &[&str] = &[
    // Prose
    "I have written to {} and asked for a reply by Friday.",
    "{} called twice this morning; {} was not in.",
    "Please tell {} that the refund is on its way, and copy {}.",
    "The file of {} is complete. The template field {!} stays as it is.",
    "As agreed with {}, we will meet at noon. Best wishes, {}",
    "Both {} and {} have signed, and {!} is a placeholder of yours.",
    "Is {} the right contact? If so, I will forward it to {}.",
    "Thank you, {}! Your request has been recorded.",
    // Lists
    "Contacts:\n- {}\n- {}\n- {}",
    "1. Call {}\n2. Send the form to {}\n3. Note {!} in the log",
    "* first: {}\n  * then: {}\n",
    // JSON, YAML, tables, code
    "{\"contact\": \"{}\", \"reply_to\": \"{}\"}",
    "```json\n{\n  \"people\": [\"{}\", \"{}\"],\n  \"note\": \"{!}\"\n}\n```",
    "name: {}\nmail: {}\nencoding: UTF_8\n",
    "| Name | Contact |\n|---|---|\n| {} | {} |\n",
    "name,mail\n{},{}\n",
    "```python\nname = \"{}\"\nsend(name, to=\"{}\")  # {!}\n```",
    "```sql\nSELECT * FROM users WHERE name = '{}' AND mail = '{}';\n```",
    "<p>Dear {},</p>\n<p>we have {} on file.</p>",
    "## Summary of {}\n\n> {} asked for it.\n\n**Next:** call {}.",
    // Languages
    "Bitte rufen Sie {} an, bevor {} den Termin absagt.",
    "Sehr geehrte Frau {}, Ihre Anfrage an {} liegt uns vor.",
    "Escriba a {} antes del viernes; {} lo espera.",
    "Nous avons prévenu {} ; {} vous répondra demain.",
    "Abbiamo scritto a {} e a {}, come richiesto.",
    "Por favor, confirme com {} se {} já respondeu.",
    "Proszę zadzwonić do {} i wysłać kopię do {}.",
    "Позвоните {} и напишите {} до пятницы.",
    "请联系 {} ，并抄送 {} 。",
    "{} さんに連絡して、 {} に送ってください。",
    "اتصل بـ {} ثم أرسل إلى {} .",
    "कृपया {} को फ़ोन करें और {} को लिखें।",
];
