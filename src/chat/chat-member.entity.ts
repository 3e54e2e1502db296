import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Chat } from './chat.entity.js';

export type Role = 'owner' | 'admin' | 'member';

/** Who is in a chat. */
@Entity('chat_members')
@Check('chat_members_role_check', `role IN ('owner', 'admin', 'member')`)
@Index(['userId', 'joinedAt'])
@Index(['userId'], { where: 'NOT chosen' })
export class ChatMember {
  @PrimaryColumn({ type: 'bigint' })
  chatId!: number;

  @ManyToOne(() => Chat, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'chat_id' })
  chat!: Relation<Chat>;

  /** No relation: an account that goes does not wait for its chats (`Departures`). */
  @PrimaryColumn({ type: 'bigint' })
  userId!: number;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  joinedAt!: Date;

  /** The last entry of the log that the member has read. */
  @Column({ type: 'bigint', default: 0 })
  readSeq!: number;

  /** Made, accepted or written into by the member, who else was only put into it. */
  @Column({ type: 'boolean', default: true })
  chosen!: boolean;

  /** The entry of the log by which the member came in; 0 of those who were there from the beginning. */
  @Column({ type: 'bigint', default: 0 })
  joinedSeq!: number;

  /** The last entry of the log when the member hid the chat: it is listed again from the next one on. */
  @Column({ type: 'bigint', nullable: true })
  hiddenSeq!: number | null;
}
