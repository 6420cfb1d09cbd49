// A link inside the console, in the look of a link. Typed: a wrong address or filter does not compile.
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

import classes from "./TextLink.module.css";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & {
    /** The name of a row: darker, underlined only under the pointer. */
    strong?: boolean;
    ref?: Ref<HTMLAnchorElement>;
};

function Anchor({ strong, children, ...rest }: Props) {
    return (
        <a {...rest} className={classes.link} data-strong={strong || undefined}>
            {children}
        </a>
    );
}

export const TextLink: LinkComponent<typeof Anchor> = createLink(Anchor);
