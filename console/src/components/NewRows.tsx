// "12 new alerts, load": a list never changes under the cursor by itself; this says, aloud too, that there is more.
import { Button } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";

interface Props {
    count: number;
    nouns: readonly [string, string];
    onLoad: () => void;
}

export function NewRows({ count, nouns, onLoad }: Props) {
    const text = `${count.toLocaleString("en")} ${nouns[count === 1 ? 0 : 1]}`;
    return (
        <span aria-live="polite">
            {count > 0 && (
                <Button size="compact-xs" leftSection={<IconArrowUp size={13} aria-hidden />} onClick={onLoad}>
                    {text}, load
                </Button>
            )}
        </span>
    );
}
