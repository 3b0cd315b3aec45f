#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cordon_fuzz::checks::answers_survive(data));
