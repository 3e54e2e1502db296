/** Made by `npm run client:types` from the documents of the running server. Not to be edited by hand. */
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Commands: {
            /** @description Shows how far the caller's quotas are used. */
            "account.usage": {
                /** Usage */
                answer: {
                    quotas: {
                        /** @description messages, bytes, chats, members, lookups, reports, mails; matches where they are served */
                        kind: string;
                        /** @description null where there is none */
                        limit: number | null;
                        /**
                         * Format: date-time
                         * @description When `used` begins at 0 again; null for what is open at once, such as matches
                         */
                        resets_at: string | null;
                        used: number;
                    }[];
                };
                payload: Record<string, unknown>;
            };
            /** @description Joins a chat to which somebody invited the caller, or confirms one to which others added the caller. */
            "chat.accept": {
                /** Chat */
                answer: {
                    chat_id: number;
                    /** @description Of a personal chat: the other's user name */
                    chat_name: string;
                    /** @enum {string} */
                    chat_type: "personal" | "group";
                    /** Format: date-time */
                    created_at: string;
                    /**
                     * @description Only if there are more members than fit into an answer
                     * @constant
                     */
                    has_more?: true;
                    /** @description After adding others: ids of the users who were asked instead, and join when they accept */
                    invited?: number[];
                    /** Format: date-time */
                    last_activity_at: string;
                    /** @description Where its log ends */
                    last_seq: number;
                    members: {
                        /**
                         * @description Only of a member whose account cannot be used now: it was deactivated or suspended
                         * @constant
                         */
                        is_active?: false;
                        online: boolean;
                        read_seq: number;
                        /** @enum {string} */
                        role: "owner" | "admin" | "member";
                        user_id: number;
                        username: string;
                    }[];
                    /** @description With has_more: where they go on, for chat.get */
                    next_cursor?: string;
                    /** @description The last entry that the caller has read */
                    read_seq: number;
                    /** @description After a change of members: the entries of the log that record it, which this connection does not receive */
                    seqs?: number[];
                    /** @description Others' messages after read_seq, counted up to 999 */
                    unread: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Takes users into a group: the owner or an admin does. With a role given, which is for the owner, members get it. `invited` names those who were asked instead. */
            "chat.add_members": {
                /** Chat */
                answer: {
                    chat_id: number;
                    /** @description Of a personal chat: the other's user name */
                    chat_name: string;
                    /** @enum {string} */
                    chat_type: "personal" | "group";
                    /** Format: date-time */
                    created_at: string;
                    /**
                     * @description Only if there are more members than fit into an answer
                     * @constant
                     */
                    has_more?: true;
                    /** @description After adding others: ids of the users who were asked instead, and join when they accept */
                    invited?: number[];
                    /** Format: date-time */
                    last_activity_at: string;
                    /** @description Where its log ends */
                    last_seq: number;
                    members: {
                        /**
                         * @description Only of a member whose account cannot be used now: it was deactivated or suspended
                         * @constant
                         */
                        is_active?: false;
                        online: boolean;
                        read_seq: number;
                        /** @enum {string} */
                        role: "owner" | "admin" | "member";
                        user_id: number;
                        username: string;
                    }[];
                    /** @description With has_more: where they go on, for chat.get */
                    next_cursor?: string;
                    /** @description The last entry that the caller has read */
                    read_seq: number;
                    /** @description After a change of members: the entries of the log that record it, which this connection does not receive */
                    seqs?: number[];
                    /** @description Others' messages after read_seq, counted up to 999 */
                    unread: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description User names */
                    members: string[];
                    /**
                     * @description The owner's to give
                     * @enum {string|null}
                     */
                    role?: "admin" | "member" | null;
                };
            };
            /** @description Makes a chat. A second personal chat of the same two is the first one. `invited` names those who were asked to come into a group. */
            "chat.create": {
                /** Chat */
                answer: {
                    chat_id: number;
                    /** @description Of a personal chat: the other's user name */
                    chat_name: string;
                    /** @enum {string} */
                    chat_type: "personal" | "group";
                    /** Format: date-time */
                    created_at: string;
                    /**
                     * @description Only if there are more members than fit into an answer
                     * @constant
                     */
                    has_more?: true;
                    /** @description After adding others: ids of the users who were asked instead, and join when they accept */
                    invited?: number[];
                    /** Format: date-time */
                    last_activity_at: string;
                    /** @description Where its log ends */
                    last_seq: number;
                    members: {
                        /**
                         * @description Only of a member whose account cannot be used now: it was deactivated or suspended
                         * @constant
                         */
                        is_active?: false;
                        online: boolean;
                        read_seq: number;
                        /** @enum {string} */
                        role: "owner" | "admin" | "member";
                        user_id: number;
                        username: string;
                    }[];
                    /** @description With has_more: where they go on, for chat.get */
                    next_cursor?: string;
                    /** @description The last entry that the caller has read */
                    read_seq: number;
                    /** @description After a change of members: the entries of the log that record it, which this connection does not receive */
                    seqs?: number[];
                    /** @description Others' messages after read_seq, counted up to 999 */
                    unread: number;
                };
                payload: {
                    /** @description Of a group; without one it goes by the names of its first members */
                    chat_name?: string | null;
                    /** @enum {string} */
                    chat_type: "personal" | "group";
                    /** @description Made by the client: sent again, the chat is made once and answered as it is by then */
                    client_chat_id?: string | null;
                    /** @description User names */
                    members: string[];
                };
            };
            /** @description Declines a request. The person who asked does not learn of it, and cannot ask again for the same chat. */
            "chat.decline": {
                answer: {
                    chat_id: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Deletes a message, and erases its text everywhere: one's own, or anybody's by the owner or an admin of a group. Repeated, it answers as the first time. */
            "chat.delete": {
                answer: {
                    chat_id: number;
                    /** Format: date-time */
                    created_at: string;
                    id: number;
                    /** @description Of the entry that this made */
                    seq: number;
                    /** @description The message that was changed */
                    target_seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description The message */
                    seq: number;
                };
            };
            /** @description Changes the caller's own message. The log keeps what it said before. */
            "chat.edit": {
                answer: {
                    chat_id: number;
                    /** Format: date-time */
                    created_at: string;
                    id: number;
                    /** @description Of the entry that this made */
                    seq: number;
                    /** @description The message that was changed */
                    target_seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    content: string;
                    /** @description The message */
                    seq: number;
                };
            };
            /** @description Shows a chat with its members: as many as fit into an answer of 1 MiB. With `has_more` the others follow by `cursor`. */
            "chat.get": {
                /** Chat */
                answer: {
                    chat_id: number;
                    /** @description Of a personal chat: the other's user name */
                    chat_name: string;
                    /** @enum {string} */
                    chat_type: "personal" | "group";
                    /** Format: date-time */
                    created_at: string;
                    /**
                     * @description Only if there are more members than fit into an answer
                     * @constant
                     */
                    has_more?: true;
                    /** @description After adding others: ids of the users who were asked instead, and join when they accept */
                    invited?: number[];
                    /** Format: date-time */
                    last_activity_at: string;
                    /** @description Where its log ends */
                    last_seq: number;
                    members: {
                        /**
                         * @description Only of a member whose account cannot be used now: it was deactivated or suspended
                         * @constant
                         */
                        is_active?: false;
                        online: boolean;
                        read_seq: number;
                        /** @enum {string} */
                        role: "owner" | "admin" | "member";
                        user_id: number;
                        username: string;
                    }[];
                    /** @description With has_more: where they go on, for chat.get */
                    next_cursor?: string;
                    /** @description The last entry that the caller has read */
                    read_seq: number;
                    /** @description After a change of members: the entries of the log that record it, which this connection does not receive */
                    seqs?: number[];
                    /** @description Others' messages after read_seq, counted up to 999 */
                    unread: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description `next_cursor` of the page before: the members from there on */
                    cursor?: string | null;
                };
            };
            /** @description Takes a chat out of the caller's list until something new is in it. */
            "chat.hide": {
                answer: {
                    chat_id: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Reads what was said in a chat: edits are applied, deleted messages left out. */
            "chat.history": {
                /** Page */
                answer: {
                    /** @description Whether there is more in the direction that was asked for */
                    has_more: boolean;
                    /** @description Where the log ends */
                    last_seq: number;
                    /** @description Oldest first */
                    messages: {
                        chat_id: number;
                        client_msg_id: string | null;
                        /** @description null after the message was deleted, also in its edits */
                        content: string | null;
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** @description In the log, of a message that was deleted: the entry that says so */
                        deleted_seq?: number;
                        /** @description In a history: the entry by which the message was last changed */
                        edited_seq?: number;
                        from_id: number;
                        from_name: string;
                        /** @description Unique in its chat: equal to seq */
                        id: number;
                        /** @enum {string} */
                        kind: "message" | "edited" | "deleted" | "joined" | "left";
                        /** @description Of joined and left: whom it is about */
                        member_id?: number;
                        member_name?: string;
                        /** @description 1, 2, 3 … without holes */
                        seq: number;
                        /** @description Of edited and deleted: the message that it changes */
                        target_seq?: number;
                    }[];
                };
                payload: {
                    /** @description Only what was said after this entry, from the oldest on */
                    after_seq?: number | null;
                    /** @description Only what was said before this entry */
                    before_seq?: number | null;
                    /** @description The chat */
                    chat_id: number;
                    /** @description Messages at most; 50 unless said */
                    limit?: number | null;
                };
            };
            /** @description Leaves a chat, and comes back only by accepting. When the owner of a group goes, the eldest admin, or else the eldest member, owns it. Repeated, it answers as the first time. */
            "chat.leave": {
                answer: {
                    chat_id: number;
                    /** Format: date-time */
                    created_at: string;
                    /** @description Of the entry that says so */
                    seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Lists the caller's chats, the one with the newest activity first. Chats that change while pages are read follow after the last one. */
            "chat.list": {
                /** Chats */
                answer: {
                    chats: {
                        chat_id: number;
                        /** @description Of a personal chat: the other's user name */
                        chat_name: string;
                        /** @enum {string} */
                        chat_type: "personal" | "group";
                        /** Format: date-time */
                        created_at: string;
                        /** Format: date-time */
                        last_activity_at: string;
                        last_message: {
                            chat_id: number;
                            client_msg_id: string | null;
                            /** @description null after the message was deleted, also in its edits */
                            content: string | null;
                            content_type: string | null;
                            /** Format: date-time */
                            created_at: string;
                            /** @description In the log, of a message that was deleted: the entry that says so */
                            deleted_seq?: number;
                            /** @description In a history: the entry by which the message was last changed */
                            edited_seq?: number;
                            from_id: number;
                            from_name: string;
                            /** @description Unique in its chat: equal to seq */
                            id: number;
                            /** @enum {string} */
                            kind: "message" | "edited" | "deleted" | "joined" | "left";
                            /** @description Of joined and left: whom it is about */
                            member_id?: number;
                            member_name?: string;
                            /** @description 1, 2, 3 … without holes */
                            seq: number;
                            /** @description Of edited and deleted: the message that it changes */
                            target_seq?: number;
                            /**
                             * @description Only if the content goes on
                             * @constant
                             */
                            truncated?: true;
                        } | null;
                        /** @description Where its log ends */
                        last_seq: number;
                        /** @description The last entry that the caller has read */
                        read_seq: number;
                        /** @description Others' messages after read_seq, counted up to 999 */
                        unread: number;
                    }[];
                    /** @description For the next page; null after the last */
                    next_cursor: string | null;
                };
                payload: {
                    /** @description `next_cursor` of the page before */
                    cursor?: string | null;
                    /** @description Those that the caller has hidden, instead of the others */
                    hidden?: boolean | null;
                    /** @description Chats at most; 100 unless said */
                    limit?: number | null;
                };
            };
            /** @description Says how far the caller has read. The highest counts. */
            "chat.read": {
                answer: {
                    chat_id: number;
                    read_seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description The last entry that was read */
                    seq: number;
                };
            };
            /** @description Takes a member out of a group: the owner anyone, an admin members, and everybody themselves. Repeated, it answers as the first time. */
            "chat.remove_member": {
                answer: {
                    chat_id: number;
                    /** Format: date-time */
                    created_at: string;
                    /** @description Of the entry that says so */
                    seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description The member */
                    user_id: number;
                };
            };
            /** @description Lists who wants the caller in which chat, the newest first. */
            "chat.requests": {
                answer: {
                    /** @description For the next page; null after the last */
                    next_cursor: string | null;
                    requests: {
                        chat_id: number;
                        /** @description Of a personal chat: the name of the user who asks */
                        chat_name: string;
                        /** @enum {string} */
                        chat_type: "personal" | "group";
                        /** Format: date-time */
                        created_at: string;
                        /** @description Who asks */
                        from_id: number;
                        from_name: string;
                    }[];
                };
                payload: {
                    /** @description `next_cursor` of the page before */
                    cursor?: string | null;
                    /** @description Requests at most; 100 by default */
                    limit?: number | null;
                };
            };
            /** @description Says something in a chat, which reads it up to there. The answer means that it is stored. */
            "chat.send": {
                /** Sent */
                answer: {
                    chat_id: number;
                    /** Format: date-time */
                    created_at: string;
                    /** @description It had been stored before, under the same client_msg_id */
                    duplicate: boolean;
                    id: number;
                    seq: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                    /** @description Made by the client: sent again, the message is stored once and answered as the first time */
                    client_msg_id?: string | null;
                    content: string;
                    /** @description A MIME type or a short word; text/plain unless said */
                    content_type?: string | null;
                };
            };
            /** @description Reads the log of a chat as it was written: what was missed while away. */
            "chat.sync": {
                /** LogPage */
                answer: {
                    /** @description Whether there is more in the direction that was asked for */
                    has_more: boolean;
                    /** @description Where the log ends */
                    last_seq: number;
                    /** @description Oldest first */
                    messages: ({
                        chat_id: number;
                        client_msg_id: string | null;
                        /** @description null after the message was deleted, also in its edits */
                        content: string | null;
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** @description In the log, of a message that was deleted: the entry that says so */
                        deleted_seq?: number;
                        /** @description In a history: the entry by which the message was last changed */
                        edited_seq?: number;
                        from_id: number;
                        from_name: string;
                        /** @description Unique in its chat: equal to seq */
                        id: number;
                        /** @enum {string} */
                        kind: "message" | "edited" | "deleted" | "joined" | "left";
                        /** @description Of joined and left: whom it is about */
                        member_id?: number;
                        member_name?: string;
                        /** @description 1, 2, 3 … without holes */
                        seq: number;
                        /** @description Of edited and deleted: the message that it changes */
                        target_seq?: number;
                    } | {
                        chat_id: number;
                        client_msg_id: null;
                        content: null;
                        content_type: null;
                        /** Format: date-time */
                        created_at: string;
                        from_id: null;
                        from_name: null;
                        id: number;
                        /** @constant */
                        kind: "withheld";
                        seq: number;
                    })[];
                };
                payload: {
                    /** @description The last entry that the client has */
                    after_seq: number;
                    /** @description The chat */
                    chat_id: number;
                    /** @description Entries at most; 200 unless said */
                    limit?: number | null;
                };
            };
            /** @description Tells the other members that the caller writes something: at most every 3 s, however often it is called. Never stored. */
            "chat.typing": {
                answer: Record<string, unknown>;
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Puts a hidden chat back into the caller's list. */
            "chat.unhide": {
                answer: {
                    chat_id: number;
                };
                payload: {
                    /** @description The chat */
                    chat_id: number;
                };
            };
            /** @description Blocks a user: nothing of theirs reaches the caller any more, neither sees when the other is online, and they do not notice. */
            "contacts.block": {
                /** BlockedUser */
                answer: {
                    /**
                     * Format: date-time
                     * @description Since when
                     */
                    created_at: string;
                    user_id: number;
                    username: string;
                };
                payload: {
                    /** @description The user by id; either this or the name */
                    user_id?: number | null;
                    /** @description The user by name */
                    username?: string | null;
                };
            };
            /** @description Lists whom the caller has blocked, the newest first. */
            "contacts.blocked": {
                answer: {
                    blocked: {
                        /**
                         * Format: date-time
                         * @description Since when
                         */
                        created_at: string;
                        user_id: number;
                        username: string;
                    }[];
                    /** @description For the next page; null after the last */
                    next_cursor: string | null;
                };
                payload: {
                    /** @description `next_cursor` of the page before */
                    cursor?: string | null;
                    /** @description Users at most; 100 by default */
                    limit?: number | null;
                };
            };
            /** @description Says what others see of the caller. */
            "contacts.privacy": {
                /** Privacy */
                answer: {
                    /** @description Whether others see the user's presence, typing and read positions */
                    share_presence: boolean;
                };
                payload: Record<string, unknown>;
            };
            /** @description Hides the caller's presence, typing and read positions from everybody else, or shows them again. In force at once. */
            "contacts.set_privacy": {
                /** Privacy */
                answer: {
                    /** @description Whether others see the user's presence, typing and read positions */
                    share_presence: boolean;
                };
                payload: {
                    /** @description Whether others see the caller's presence, typing and read positions */
                    share_presence: boolean;
                };
            };
            /** @description Ends a block. Messages that were withheld are in the history from then on. */
            "contacts.unblock": {
                answer: {
                    user_id: number;
                };
                payload: {
                    /** @description The user by id; either this or the name */
                    user_id?: number | null;
                    /** @description The user by name */
                    username?: string | null;
                };
            };
            /** @description Makes a match, with the caller as its first player. */
            "game.create_match": {
                /** Match */
                answer: {
                    match_id: string;
                    max_players: number;
                    name: string;
                    /** @description In the order in which they came */
                    players: {
                        user_id: number;
                        username: string;
                    }[];
                };
                payload: {
                    max_players: number;
                    name?: string | null;
                };
            };
            /** @description Joins a match; the others receive `game.joined`. */
            "game.join_match": {
                /** Match */
                answer: {
                    match_id: string;
                    max_players: number;
                    name: string;
                    /** @description In the order in which they came */
                    players: {
                        user_id: number;
                        username: string;
                    }[];
                };
                payload: {
                    match_id: string;
                };
            };
            /** @description Leaves a match; the others receive `game.left`. The seat of a connection that closes is kept for 10 s. */
            "game.leave_match": {
                answer: Record<string, unknown>;
                payload: {
                    match_id: string;
                };
            };
            /** @description Lists matches, the newest first. */
            "game.list_matches": {
                answer: {
                    matches: {
                        match_id: string;
                        max_players: number;
                        name: string;
                        /** @description In the order in which they came */
                        players: {
                            user_id: number;
                            username: string;
                        }[];
                    }[];
                    /** @description For the next page; null after the last */
                    next_cursor: string | null;
                };
                payload: {
                    /** @description `next_cursor` of the page before */
                    cursor?: string | null;
                    /** @description Matches at most; 50 unless said */
                    limit?: number | null;
                };
            };
            /** @description Relays a state to the other players, or to some of them, as the event `game.state`. */
            "game.send_state": {
                answer: Record<string, unknown>;
                payload: {
                    /** @description Any JSON of at most 16384 bytes; null unless said */
                    data?: unknown;
                    match_id: string;
                    /** @description What the data is, in the words or the numbers of the game */
                    op: string | number;
                    /** @description Id of a player, or a list of at most 64; all others unless said */
                    to?: unknown;
                };
            };
            /** @description Shows a report with the message as it was, and what came before it. */
            "moderation.get_report": {
                /** Report */
                answer: {
                    /** @description Of a message: where it is; null in the report of a user */
                    chat_id: number | null;
                    /** @description Of a group */
                    chat_name: string | null;
                    /** @enum {string|null} */
                    chat_type: "personal" | "group" | null;
                    comment: string | null;
                    /** @description Up to five entries of the log before it, oldest first */
                    context: {
                        content: string | null;
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        deleted: boolean;
                        from_id: number;
                        from_name: string;
                        kind: string;
                        /** @description Of joined and left: whom it is about */
                        member_id: number | null;
                        member_name: string | null;
                        seq: number;
                        truncated: boolean;
                    }[];
                    /** Format: date-time */
                    created_at: string;
                    /** @description The first 200 characters of the message */
                    excerpt: string | null;
                    /** @description The copy that was made for the report */
                    message: {
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** @description Whether it was deleted before the report */
                        deleted: boolean;
                        from_id: number;
                        from_name: string;
                        seq: number;
                        /** @description Oldest first: what it said first, up to eight edits in between, what it said last */
                        versions: {
                            content: string | null;
                            /** Format: date-time */
                            created_at: string;
                            seq: number;
                            /** @description Only the beginning was kept */
                            truncated: boolean;
                        }[];
                    } | null;
                    /** @enum {string} */
                    reason: "spam" | "abuse" | "illegal" | "impersonation" | "other";
                    report_id: number;
                    reporter_id: number;
                    /** @description Names are as they were at the time of the report */
                    reporter_name: string;
                    /** @description null while the report is open */
                    resolution: {
                        /** @enum {string} */
                        action: "delete" | "suspend" | "dismiss";
                        /** Format: date-time */
                        at: string;
                        by_id: number;
                        by_name: string;
                        /** @description What the superuser wrote; of a suspension, its reason */
                        note: string | null;
                        /**
                         * Format: date-time
                         * @description When the suspension ends
                         */
                        until: string | null;
                    } | null;
                    seq: number | null;
                    /** @enum {string} */
                    state: "open" | "closed";
                    /** @description Who is reported: the author of the message, or the user */
                    user_id: number;
                    username: string;
                };
                payload: {
                    /** @description The report */
                    report_id: number;
                };
            };
            /** @description Reports a message, or a user, to the superusers. A copy of the message is kept as evidence; its author does not learn of it. */
            "moderation.report": {
                answer: {
                    report_id: number;
                };
                payload: {
                    /** @description Of a message: its chat */
                    chat_id?: number | null;
                    /** @description For the superuser who reads it */
                    comment?: string | null;
                    /** @enum {string} */
                    reason: "spam" | "abuse" | "illegal" | "impersonation" | "other";
                    /** @description Of a message: its number */
                    seq?: number | null;
                    /** @description A user instead of a message: somebody with whom one shares a chat */
                    user_id?: number | null;
                };
            };
            /** @description Lists reports, newest first. */
            "moderation.reports": {
                /** Reports */
                answer: {
                    /** @description Where the next page begins; null after the last */
                    next_cursor: string | null;
                    /** @description Newest first */
                    reports: {
                        /** @description Of a message: where it is; null in the report of a user */
                        chat_id: number | null;
                        /** @description Of a group */
                        chat_name: string | null;
                        /** @enum {string|null} */
                        chat_type: "personal" | "group" | null;
                        comment: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** @description The first 200 characters of the message */
                        excerpt: string | null;
                        /** @enum {string} */
                        reason: "spam" | "abuse" | "illegal" | "impersonation" | "other";
                        report_id: number;
                        reporter_id: number;
                        /** @description Names are as they were at the time of the report */
                        reporter_name: string;
                        /** @description null while the report is open */
                        resolution: {
                            /** @enum {string} */
                            action: "delete" | "suspend" | "dismiss";
                            /** Format: date-time */
                            at: string;
                            by_id: number;
                            by_name: string;
                            /** @description What the superuser wrote; of a suspension, its reason */
                            note: string | null;
                            /**
                             * Format: date-time
                             * @description When the suspension ends
                             */
                            until: string | null;
                        } | null;
                        seq: number | null;
                        /** @enum {string} */
                        state: "open" | "closed";
                        /** @description Who is reported: the author of the message, or the user */
                        user_id: number;
                        username: string;
                    }[];
                    /** @description How many reports are open, counted up to 10,000 */
                    total_open: number;
                };
                payload: {
                    /** @description `next_cursor` of the page before */
                    cursor?: string | null;
                    /** @description Reports at most; 50 unless said */
                    limit?: number | null;
                    /**
                     * @description All unless said
                     * @enum {string|null}
                     */
                    state?: "open" | "closed" | null;
                };
            };
            /** @description Closes a report: deletes the message, suspends its author, or dismisses the report. */
            "moderation.resolve": {
                /** Report */
                answer: {
                    /** @description Of a message: where it is; null in the report of a user */
                    chat_id: number | null;
                    /** @description Of a group */
                    chat_name: string | null;
                    /** @enum {string|null} */
                    chat_type: "personal" | "group" | null;
                    comment: string | null;
                    /** @description Up to five entries of the log before it, oldest first */
                    context: {
                        content: string | null;
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        deleted: boolean;
                        from_id: number;
                        from_name: string;
                        kind: string;
                        /** @description Of joined and left: whom it is about */
                        member_id: number | null;
                        member_name: string | null;
                        seq: number;
                        truncated: boolean;
                    }[];
                    /** Format: date-time */
                    created_at: string;
                    /** @description The first 200 characters of the message */
                    excerpt: string | null;
                    /** @description The copy that was made for the report */
                    message: {
                        content_type: string | null;
                        /** Format: date-time */
                        created_at: string;
                        /** @description Whether it was deleted before the report */
                        deleted: boolean;
                        from_id: number;
                        from_name: string;
                        seq: number;
                        /** @description Oldest first: what it said first, up to eight edits in between, what it said last */
                        versions: {
                            content: string | null;
                            /** Format: date-time */
                            created_at: string;
                            seq: number;
                            /** @description Only the beginning was kept */
                            truncated: boolean;
                        }[];
                    } | null;
                    /** @enum {string} */
                    reason: "spam" | "abuse" | "illegal" | "impersonation" | "other";
                    report_id: number;
                    reporter_id: number;
                    /** @description Names are as they were at the time of the report */
                    reporter_name: string;
                    /** @description null while the report is open */
                    resolution: {
                        /** @enum {string} */
                        action: "delete" | "suspend" | "dismiss";
                        /** Format: date-time */
                        at: string;
                        by_id: number;
                        by_name: string;
                        /** @description What the superuser wrote; of a suspension, its reason */
                        note: string | null;
                        /**
                         * Format: date-time
                         * @description When the suspension ends
                         */
                        until: string | null;
                    } | null;
                    seq: number | null;
                    /** @enum {string} */
                    state: "open" | "closed";
                    /** @description Who is reported: the author of the message, or the user */
                    user_id: number;
                    username: string;
                };
                payload: {
                    /**
                     * @description Delete the message, suspend its author, or neither
                     * @enum {string}
                     */
                    action: "delete" | "suspend" | "dismiss";
                    /** @description Kept with the report; of a suspension (where it has to be given) what the user gets by mail */
                    reason?: string | null;
                    /** @description The report */
                    report_id: number;
                    /** @description When a suspension (which needs it) ends: at most ten years ahead */
                    until?: string | null;
                };
            };
            /** @description Shuts an account out until a given time, and ends its sessions. Its owner gets a mail with the reason. */
            "moderation.suspend": {
                /** AdminUser */
                answer: {
                    /** Format: date-time */
                    created_at: string;
                    email: string | null;
                    full_name: string | null;
                    id: number;
                    is_active: boolean;
                    is_superuser: boolean;
                    /**
                     * Format: date-time
                     * @description When the suspension ends. Only superusers see it, and only while it lasts
                     */
                    suspended_until?: string;
                    /** @description Why. Only superusers see it, and only while it lasts */
                    suspension_reason?: string | null;
                    /** Format: date-time */
                    updated_at: string;
                    username: string;
                };
                payload: {
                    /** @description What the user gets by mail */
                    reason: string;
                    /** @description When it ends: at most ten years ahead */
                    until: string;
                    /** @description The user */
                    user_id: number;
                };
            };
            /** @description Lifts the suspension of an account before its end. */
            "moderation.unsuspend": {
                /** AdminUser */
                answer: {
                    /** Format: date-time */
                    created_at: string;
                    email: string | null;
                    full_name: string | null;
                    id: number;
                    is_active: boolean;
                    is_superuser: boolean;
                    /**
                     * Format: date-time
                     * @description When the suspension ends. Only superusers see it, and only while it lasts
                     */
                    suspended_until?: string;
                    /** @description Why. Only superusers see it, and only while it lasts */
                    suspension_reason?: string | null;
                    /** Format: date-time */
                    updated_at: string;
                    username: string;
                };
                payload: {
                    /** @description The user */
                    user_id: number;
                };
            };
            /** @description Changes the user of the connection, or renews its token, without a new connection. */
            "system.authenticate": {
                answer: {
                    /** @description Unix seconds until which the token is good */
                    expires_at: number | null;
                    user_id: number | null;
                };
                payload: {
                    /** @description An access token; null makes a connection anonymous where its protocol allows that */
                    token: string | null;
                };
            };
            /** @description Lists every command with the JSON Schema of its payload. */
            "system.commands": {
                answer: {
                    commands: {
                        /** @enum {string} */
                        access: "anonymous" | "user" | "superuser";
                        /** @description JSON Schema */
                        answer?: Record<string, unknown>;
                        command: string;
                        /** @description A payload and its answer */
                        example?: Record<string, unknown>;
                        /** @description JSON Schema */
                        payload: Record<string, unknown>;
                        summary: string;
                        /** @description Frames that it counts for at least */
                        weight: number;
                        /** @description How that grows with the payload */
                        weight_by?: string;
                    }[];
                };
                payload: Record<string, unknown>;
            };
            /** @description Answers at once, with the time of the server. */
            "system.ping": {
                answer: {
                    sent_at?: unknown;
                    /** @description Unix seconds */
                    server_time: number;
                };
                payload: {
                    /** @description Given back as it was sent */
                    sent_at?: unknown;
                };
            };
            /** @description Sends a new connection what its client missed, chat by chat, before anything new. */
            "system.resume": {
                answer: {
                    chats: {
                        chat_id: number;
                        /** @description Some of what lies before last_seq is to be fetched with chat.sync */
                        has_more: boolean;
                        /** @description Where the live events go on from; null for a non-member */
                        last_seq: number | null;
                        /** @description Nothing is missing between the cursor, what was replayed and what comes live */
                        recovered: boolean;
                    }[];
                };
                payload: {
                    /** @description Where the client stands, chat by chat */
                    cursors: {
                        /** @description The last entry before which nothing is missing */
                        after_seq: number;
                        /** @description The chat */
                        chat_id: number;
                    }[];
                };
            };
            /** @description Says who the caller is to the server. */
            "system.whoami": {
                answer: {
                    connection_id: string | null;
                    is_superuser: boolean;
                    protocol: string;
                    session_id: string | null;
                    user_id: number | null;
                    username: string | null;
                };
                payload: Record<string, unknown>;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
