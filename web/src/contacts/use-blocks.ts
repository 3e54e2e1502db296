import { useTranslation } from 'react-i18next';
import { useLive, useUser } from '../session/session';
import { perConnection } from '../session/per-connection';
import { confirm } from '../shared/confirm';
import { showFault } from '../shared/show-fault';
import { tell } from '../shared/tell';
import { useStore } from '../shared/use-store';
import { Blocks, type Person } from './blocks';

export const blocksOf = perConnection((live) => new Blocks(live));

/** The users whom one blocks. */
export function useBlocks(): Blocks {
  const blocks = blocksOf(useLive(), useUser().id);
  useStore(blocks);
  return blocks;
}

interface Blocking {
  /** Asks first. @returns whether they are blocked now */
  readonly block: (person: Person, username: string) => Promise<boolean>;
  readonly unblock: (userId: number, username: string) => Promise<boolean>;
}

/** Blocks and unblocks people, and says so. */
export function useBlocking(): Blocking {
  const { t } = useTranslation('contacts');
  const { t: general } = useTranslation();
  const blocks = blocksOf(useLive(), useUser().id);
  const done = async (work: Promise<void>, message: string): Promise<boolean> => {
    try {
      await work;
      tell(message, general);
      return true;
    } catch (thrown) {
      showFault(thrown, general);
      return false;
    }
  };
  return {
    block: async (person, name) => {
      if (!(await confirm({ text: t('block.sure', { name }), action: t('block.action') }))) return false;
      return done(blocks.block(person), t('block.done', { name }));
    },
    unblock: (userId, name) => done(blocks.unblock(userId), t('block.undone', { name })),
  };
}
