import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A chat of two or of many. What appends to its log are functions of the database (database/migrations/chats). */
@Entity('chats')
@Check('chats_chat_type_check', `chat_type IN ('personal', 'group')`)
@Check(
  'chats_check',
  `(chat_type = 'personal') = (low_user_id IS NOT NULL AND high_user_id IS NOT NULL AND low_user_id < high_user_id)`,
)
@Unique(['lowUserId', 'highUserId'])
export class Chat {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  chatType!: 'personal' | 'group';

  /** Of a group. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** Of a personal chat: its two people, the lower id first, so that there is one chat of each two. */
  @Column({ type: 'bigint', nullable: true })
  lowUserId!: number | null;

  @Column({ type: 'bigint', nullable: true })
  highUserId!: number | null;

  /** The last entry of its log. */
  @Column({ type: 'bigint', default: 0 })
  lastSeq!: number;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  lastActivityAt!: Date;

  /** The last entry of its log by which a message was deleted. */
  @Column({ type: 'bigint', default: 0 })
  lastDeletedSeq!: number;

  /** Of a personal chat: one of the two has not answered or accepted it, or has left. Neither sees the other's presence then. */
  @Column({ type: 'boolean', default: false })
  oneSided!: boolean;
}
