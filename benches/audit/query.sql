-- Requests $FROM to $TO of one chain over 90 days, each with its end: 7 labels from
-- one in two to three in a hundred thousand, 41 keys, a conversation for five
-- requests, two providers, two regions, versions of three policies. Their hashes
-- are no chain: questions do not look at them.
WITH r AS MATERIALIZED (
  SELECT i, hashint8(i)::bigint & 2147483647 AS h, hashint8(i+77777777)::bigint & 2147483647 AS g,
    ('0190a0a0-' || lpad(to_hex(i>>16),4,'0') || '-7000-8000-' || lpad(to_hex(i & 65535),12,'0'))::uuid AS req,
    ('0190a0a1-' || lpad(to_hex(i>>16),4,'0') || '-7000-8000-' || lpad(to_hex(i & 65535),12,'0'))::uuid AS rec,
    ('0190a0a2-' || lpad(to_hex(i>>16),4,'0') || '-7000-8000-' || lpad(to_hex(i & 65535),12,'0'))::uuid AS rec2,
    1780000000000000 + i * 3110400 AS t
  FROM generate_series($FROM::bigint, $TO::bigint) i),
b AS (
  SELECT *,
   h % 100 = 0 AS refused,
   'k' || lpad((CASE WHEN h % 2 = 0 THEN 0 ELSE g % 40 END)::text, 15, '0') AS key,
   encode(sha256(((i/5)::text || 'c')::bytea),'hex') AS conv,
   (ARRAY['openai','openai','openai','openai','openai','openai','openai','anthropic','anthropic','anthropic'])[1 + g % 10] AS prov,
   (ARRAY['eu','eu','us','eu','us','eu','eu','eu','us','eu'])[1 + h % 10] AS reg,
   'p' || (h % 3) AS pol, encode(sha256((h % 3 || '/' || i / 500000)::bytea),'hex') AS polh,
   '{' || concat_ws(',',
      CASE WHEN h % 11 < 1 THEN '"CREDIT_CARD":{"redact":1}' END,
      CASE WHEN g % 10 < 4 THEN '"EMAIL_ADDRESS":{"redact":' || 1 + g % 3 || '}' END,
      CASE WHEN h % 7 = 0 THEN '"LOCATION":{"allow":' || 1 + g % 5 || '}' END,
      CASE WHEN h % 2 = 0 THEN '"PERSON":{"redact":' || 1 + h % 6 || '}' END,
      CASE WHEN h % 13 < 2 THEN '"PHONE_NUMBER":{"mask":1}' END,
      CASE WHEN h % 100 = 0 THEN '"US_SSN":{"block":1}' END,
      CASE WHEN h % 100003 < 3 THEN '"VIN":{"redact":1}' END) || '}' AS ents
  FROM r),
rows AS (
  SELECT i*2-1 AS seq, rec AS record_id, req AS request_id, t AS time, CASE WHEN refused THEN 'refused' ELSE 'accepted' END AS kind,
   format('{"build":"0.1.0","bytes_in":%s,"client":"%s",%s"continues":null,"conversation":"%s","detector":"catalogue=0011aabb ner=0123456789abcdef ort=1.31.1","dialect":"openai.chat","entities":%s,"first_pass":"off",%s"key_id":"%s","kind":"%s","model_asked":"%s","original_digest":"%s","policy":{"id":"%s","sha256":"%s"},"purpose":%s,"record":"%s","replica":"abcdef012345","request":"%s","role":"client","route":"/v1/chat/completions","sanitized_digest":"%s","stored_us":%s,"target":%s,"tenant":"acme","time_us":%s,"v":2,"vault_values":0}',
     200 + h % 5000, conv, CASE WHEN refused THEN '"code":"policy_blocked",' ELSE '' END, conv, ents, CASE WHEN refused THEN '"http_status":403,' ELSE '' END, key, CASE WHEN refused THEN 'refused' ELSE 'accepted' END,
     CASE WHEN prov = 'openai' THEN 'gpt-5' ELSE 'claude' END, encode(sha256(i::text::bytea),'hex'), pol, polh, CASE WHEN g % 4 = 0 THEN '"support"' ELSE 'null' END, rec, req, encode(sha256((i||'s')::bytea),'hex'), t,
     CASE WHEN refused THEN 'null' ELSE format('{"model":"%s-inner","provider":"%s","region":"%s"}', prov, prov, reg) END, t) AS body
  FROM b
  UNION ALL
  SELECT i*2, rec2, CASE WHEN refused THEN NULL ELSE req END, t + 900000, CASE WHEN refused THEN 'audit_read' ELSE 'ended' END,
   CASE WHEN refused THEN format('{"build":"0.1.0","by":{"actor":"key","key_id":"k00000000000000a","role":"auditor"},"filters":["label"],"kind":"audit_read","record":"%s","records":3,"replica":"abcdef012345","stored_us":%s,"tenant":"acme","time_us":%s,"v":2,"what":"records"}', rec2, t, t)
   ELSE format('{"build":"0.1.0","bytes_out":%s,"code":%s,"first_pass":null,"http_status":%s,"kind":"ended","latency_ms_le":1000,"outcome":"%s","parent":"%s","record":"%s","replica":"abcdef012345","request":"%s","sanitized_digest":null,"stored_us":%s,"target":null,"tenant":"acme","time_us":%s,"tokens":{"completion":120,"prompt":450},"v":2}',
     g % 9000, CASE WHEN g % 50 = 0 THEN '"upstream_timeout"' ELSE 'null' END, CASE WHEN g % 50 = 0 THEN 504 ELSE 200 END, CASE WHEN g % 50 = 0 THEN 'failed' WHEN g % 99 = 0 THEN 'aborted' ELSE 'completed' END, rec, rec2, req, t, t) END
  FROM b)
INSERT INTO audit_record (tenant, seq, record_id, request_id, event_time_us, kind, body, prev_hash, hash)
SELECT 'acme', seq, record_id, request_id, time, kind, body, sha256(seq::text::bytea), sha256((seq+1)::text::bytea) FROM rows ORDER BY seq;
