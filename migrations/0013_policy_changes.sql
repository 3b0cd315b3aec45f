-- The policy that was last recorded is asked for at each start and each change.
CREATE INDEX audit_record_of_policies ON audit_record (tenant, seq) WHERE kind = 'policy_changed';
