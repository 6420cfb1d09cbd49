// The event's fields by what they are about, in the order in which a responder asks.

/** Beginnings of field names, longest meant first, and the heading they come under. */
const GROUPS: readonly (readonly [string, string])[] = [
    ["process.parent.", "Parent process"],
    ["process.responsible.", "Responsible process"],
    ["process.", "Process"],
    ["user.", "Process"],
    ["target.process.", "Process acted upon"],
    ["target.", "Process acted upon"],
    ["instigator.", "On behalf of"],
    ["signal.", "Process acted upon"],
    ["file.", "File"],
    ["network.", "Network"],
    ["dns.", "Network"],
    ["launch_item.", "Launch item"],
    ["auth.", "Authentication"],
    ["tcc.", "Privacy permission"],
    ["malware.", "Malware scanner"],
    ["event.", "Record"],
    ["device.", "Record"],
    ["sensor.", "Record"],
];

const FIRST = "Event";
const LAST = "Other fields";
/** A parent's field begins like a process's, but is asked for later. */
const EARLY = [FIRST, "Process"];

export interface FieldGroup {
    title: string;
    fields: [string, unknown][];
}

function titleOf(name: string): string {
    if (!name.includes(".")) return FIRST;
    return GROUPS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? LAST;
}

/** At most `most` fields, grouped; null stands for absent and is left out. */
export function groupFields(event: Record<string, unknown>, most: number): FieldGroup[] {
    const fields = Object.entries(event).filter(([, value]) => value !== null);
    const titles = [...new Set([...EARLY, ...GROUPS.map(([, title]) => title), LAST])];
    const kept = fields.slice(0, most);
    return titles
        .map((title) => ({ title, fields: kept.filter(([name]) => titleOf(name) === title) }))
        .filter((group) => group.fields.length > 0);
}
