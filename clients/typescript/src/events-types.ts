/** Made by `npm run client:types` from the documents of the running server. Not to be edited by hand. */
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** BlockedUser */
        BlockedUser: {
            /**
             * Format: date-time
             * @description Since when
             */
            created_at: string;
            user_id: number;
            username: string;
        };
        /** Chat */
        Chat: {
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
            members: components["schemas"]["Member"][];
            /** @description With has_more: where they go on, for chat.get */
            next_cursor?: string;
            /** @description The last entry that the caller has read */
            read_seq: number;
            /** @description After a change of members: the entries of the log that record it, which this connection does not receive */
            seqs?: number[];
            /** @description Others' messages after read_seq, counted up to 999 */
            unread: number;
        };
        /** ChatRequest */
        ChatRequest: {
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
        };
        Events: {
            /** @description There is a new chat, and the user is in it. */
            "chat.created": components["schemas"]["Chat"];
            /** @description A message was taken back. Members hear it; the connection that did so is answered instead. */
            "chat.deleted": components["schemas"]["Message"] & {
                /** @constant */
                kind: "deleted";
            };
            /** @description A message says something else now. Members hear it; the connection that changed it is answered instead. */
            "chat.edited": components["schemas"]["Message"] & {
                /** @constant */
                kind: "edited";
            };
            /** @description The user has hidden a chat, or shows it again, by another connection. */
            "chat.hidden": {
                chat_id: number;
                hidden: boolean;
            };
            /** @description Somebody was taken into a group. Members receive it, except the connection that did so. */
            "chat.joined": components["schemas"]["Message"] & {
                /** @constant */
                kind: "joined";
            };
            /** @description Somebody has left a group, or was removed. Members receive it, except the connection that did so; whose membership ended, as the last of the chat. */
            "chat.left": components["schemas"]["Message"] & {
                /** @constant */
                kind: "left";
            };
            /** @description Somebody who shares a chat with the user has another name, or their account was deactivated, suspended, activated again or deleted. */
            "chat.member_updated": {
                /** @description Whether the account can be used: false while deactivated or suspended */
                is_active: boolean;
                is_deleted: boolean;
                user_id: number;
                /** @description As it is now; `deleted user` after a deletion */
                username: string;
            };
            /** @description Something was said in a chat. Members hear it; the connection that said it is answered instead. */
            "chat.message": components["schemas"]["Message"] & {
                /** @constant */
                kind: "message";
            };
            /** @description Somebody who shares a chat with the user has come, or has been gone for 10 s. */
            "chat.presence": {
                online: boolean;
                user_id: number;
            };
            /** @description A member has read a chat up to an entry. */
            "chat.read": {
                chat_id: number;
                seq: number;
                user_id: number;
            };
            /** @description A request waits no longer: it was accepted, declined or taken back. */
            "chat.request_closed": {
                chat_id: number;
            };
            /** @description Somebody wants the user in a chat. It waits until the user accepts or declines. */
            "chat.requested": components["schemas"]["ChatRequest"];
            /** @description A member writes something: shown for 6 s, or until that member sends a message. Comes at most every 3 s for each writer and chat. */
            "chat.typing": {
                chat_id: number;
                user_id: number;
                username: string;
            };
            /** @description Somebody whom the user has blocked has said something in a chat, or changed it: the place in the log, without the words. */
            "chat.withheld": components["schemas"]["Withheld"];
            /** @description The user has blocked somebody by another connection. */
            "contacts.blocked": components["schemas"]["BlockedUser"];
            /** @description The user has changed what others see by another connection. */
            "contacts.privacy": components["schemas"]["Privacy"];
            /** @description The user has ended a block by another connection. */
            "contacts.unblocked": {
                user_id: number;
            };
            /** @description A player has joined a match; every other connection in it receives this. */
            "game.joined": components["schemas"]["MatchPlayer"];
            /** @description A player has left a match, or lost the last connection to it 10 s ago; every connection in it receives this. */
            "game.left": components["schemas"]["MatchPlayer"];
            /** @description A player has sent a state; every other connection in the match receives it, or only those of the players it is for. */
            "game.state": components["schemas"]["MatchState"];
            /** @description There is a new report. Superusers receive it. */
            "moderation.reported": {
                report_id: number;
            };
            /** @description A superuser has closed a report. Superusers receive it. */
            "moderation.resolved": {
                /** @enum {string} */
                action: "delete" | "suspend" | "dismiss";
                report_id: number;
            };
            /** @description The account was changed; its own connections receive the new record. */
            "user.updated": components["schemas"]["User"];
        };
        /** MatchPlayer */
        MatchPlayer: {
            match_id: string;
            user_id: number;
            username: string;
        };
        /** MatchState */
        MatchState: {
            /** @description Any JSON */
            data: unknown;
            /** @description The player who sent it */
            from_id: number;
            match_id: string;
            /** @description What the data is, in the words or the numbers of the game */
            op: string | number;
        };
        /** Member */
        Member: {
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
        };
        /** Message */
        Message: {
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
        };
        /** Privacy */
        Privacy: {
            /** @description Whether others see the user's presence, typing and read positions */
            share_presence: boolean;
        };
        /** User */
        User: {
            /** Format: date-time */
            created_at: string;
            email: string | null;
            full_name: string | null;
            id: number;
            is_active: boolean;
            is_superuser: boolean;
            /** Format: date-time */
            updated_at: string;
            username: string;
        };
        /**
         * Withheld
         * @description In the place of a message or an edit of somebody whom the reader has blocked
         */
        Withheld: {
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
