// Who is signed in; colour scheme, password, help, signing out.
import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
    IconDeviceDesktop,
    IconKey,
    IconKeyboard,
    IconLogout,
    IconMoon,
    IconSun,
    IconUserCircle,
} from "@tabler/icons-react";

import { visible } from "../lib/escape";
import { useSession } from "../session/SessionContext";
import { PasswordDialog } from "./PasswordDialog";

const SCHEMES = [
    { value: "light", label: "Light", icon: IconSun },
    { value: "dark", label: "Dark", icon: IconMoon },
    { value: "auto", label: "As the system", icon: IconDeviceDesktop },
] as const;

export function AccountMenu({ onHelp }: { onHelp: () => void }) {
    const { session, signOut } = useSession();
    const { colorScheme, setColorScheme } = useMantineColorScheme();
    const [password, { open, close }] = useDisclosure(false);
    return (
        <>
            <Menu position="bottom-end" width={220}>
                <Menu.Target>
                    <Button
                        size="compact-sm"
                        variant="subtle"
                        color="gray"
                        leftSection={<IconUserCircle size={18} aria-hidden />}
                        aria-label={`Account of ${visible(session.name)}`}
                    >
                        <span className="wide-only">{visible(session.name)}</span>
                    </Button>
                </Menu.Target>
                <Menu.Dropdown>
                    <Menu.Label>
                        Signed in as {visible(session.name)}, {visible(session.role)}
                    </Menu.Label>
                    <Menu.Item leftSection={<IconKey size={14} aria-hidden />} onClick={open}>
                        Change password
                    </Menu.Item>
                    <Menu.Item leftSection={<IconKeyboard size={14} aria-hidden />} onClick={onHelp}>
                        Help and shortcuts
                    </Menu.Item>
                    <Menu.Divider />
                    <Menu.Label>Colours</Menu.Label>
                    {SCHEMES.map(({ value, label, icon: Icon }) => (
                        <Menu.RadioItem
                            key={value}
                            value={value}
                            checked={colorScheme === value}
                            rightSection={<Icon size={14} aria-hidden />}
                            onChange={() => {
                                setColorScheme(value);
                            }}
                        >
                            {label}
                        </Menu.RadioItem>
                    ))}
                    <Menu.Divider />
                    <Menu.Item leftSection={<IconLogout size={14} aria-hidden />} onClick={() => void signOut()}>
                        Sign out
                    </Menu.Item>
                </Menu.Dropdown>
            </Menu>
            {password && <PasswordDialog onClose={close} />}
        </>
    );
}
