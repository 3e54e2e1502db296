/** Settings under which a user may do as much as a test wishes. */
export const NO_QUOTAS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['MESSAGES_PER_DAY', 'MEGABYTES_PER_DAY', 'CHATS_PER_DAY', 'MEMBERS_PER_DAY', 'LOOKUPS_PER_HOUR'],
    ...['REPORTS_PER_DAY', 'MAILS_PER_DAY', 'MATCHES_PER_USER', 'MATCHES_PER_ADDRESS'],
  ].map((name) => [`QUOTA_${name}`, '0']),
);
