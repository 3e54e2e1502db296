import { Container, SimpleGrid, Stack, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { PrivacySection } from '../contacts/privacy-section';
import { useTitle } from '../shared/use-title';
import { ClientList } from './client-list';
import { PasswordForm } from './password-form';
import { ProfileForm } from './profile-form';
import { SessionList } from './session-list';
import { UsageSection } from './usage-section';

/** One's own profile, password, privacy, usage, sessions and clients. */
export default function AccountPage() {
  const { t } = useTranslation();
  useTitle(t('account.title'));
  return (
    <Container size="md" py="lg">
      <Title order={1} size="h2" mb="md">
        {t('account.title')}
      </Title>
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <ProfileForm />
          <PasswordForm />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <PrivacySection />
          <UsageSection />
        </SimpleGrid>
        <SessionList />
        <ClientList />
      </Stack>
    </Container>
  );
}
