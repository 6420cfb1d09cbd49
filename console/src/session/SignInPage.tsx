// The page of who is not signed in. The address stays, so that signing in leads to where one wanted to go.
import { Center, Group, Paper, Stack, Text, Title } from "@mantine/core";

import type { Session } from "../api/types";
import icon from "../theme/icon.svg";
import { SignInForm } from "./SignInForm";

export function SignInPage({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
    return (
        <Center mih="100vh" p="md">
            <Stack gap="md" w={360} component="main">
                <Group gap="sm">
                    <img src={icon} width={32} height={32} alt="" />
                    <Title order={1}>Sign in to Cordon</Title>
                </Group>
                <Paper withBorder p="lg" bg="var(--panel-ground)">
                    <SignInForm onSignedIn={onSignedIn} />
                </Paper>
                <Text size="xs" c="dimmed">
                    A new server prints the first name and its one-time password when it starts.
                </Text>
            </Stack>
        </Center>
    );
}
