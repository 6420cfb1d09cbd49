// A link inside the console, in the look of a link. Typed: a wrong address or filter does not compile.
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

import classes from "./TextLink.module.css";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & {
    /** The name of a row: darker, underlined only under the pointer. */
    strong?: boolean;
    /** Stands between words: underlined, since its colour alone does not tell it from them. */
    inText?: boolean;
    ref?: Ref<HTMLAnchorElement>;
};

function Anchor({ strong, inText, children, ...rest }: Props) {
    return (
        <a {...rest} className={classes.link} data-strong={strong || undefined} data-in-text={inText || undefined}>
            {children}
        </a>
    );
}

export const TextLink: LinkComponent<typeof Anchor> = createLink(Anchor);
