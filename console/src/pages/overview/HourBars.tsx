// Twenty-four bars; the same numbers as a table for who does not see them.
import type { Overview } from "../../api/types";
import { formatTime, parseTime } from "../../lib/time";
import { usePreferences } from "../../settings/preferences";
import classes from "./Overview.module.css";

const HEIGHT = 44;
const STEP = 12;

export function HourBars({ hours }: { hours: Overview["alerts"]["last_24h"] }) {
    const { zone } = usePreferences();
    const most = Math.max(1, ...hours.map((hour) => hour.count));
    const total = hours.reduce((sum, hour) => sum + hour.count, 0);
    const clock = (text: string) => formatTime(parseTime(text) ?? 0, zone).slice(11, 16);
    return (
        <figure className={classes.figure}>
            <svg
                viewBox={`0 0 ${String(hours.length * STEP)} ${String(HEIGHT)}`}
                className={classes.chart}
                preserveAspectRatio="none"
                aria-hidden
            >
                {hours.map((hour, i) => {
                    const size = hour.count === 0 ? 1 : Math.max(3, (hour.count / most) * HEIGHT);
                    return (
                        <rect
                            key={hour.hour}
                            x={i * STEP + 1}
                            y={HEIGHT - size}
                            width={STEP - 2}
                            height={size}
                            className={hour.count === 0 ? classes.noBar : classes.bar}
                        >
                            <title>{`${clock(hour.hour)}: ${String(hour.count)}`}</title>
                        </rect>
                    );
                })}
            </svg>
            <figcaption className={classes.axis}>
                <span>{hours[0] && clock(hours[0].hour)}</span>
                <span>
                    {total.toLocaleString("en")} in all, at most {most.toLocaleString("en")} in an hour
                </span>
                <span>now</span>
            </figcaption>
            <table className="visually-hidden">
                <caption>Alerts received by hour</caption>
                <thead>
                    <tr>
                        <th scope="col">Hour</th>
                        <th scope="col">Alerts</th>
                    </tr>
                </thead>
                <tbody>
                    {hours.map((hour) => (
                        <tr key={hour.hour}>
                            <th scope="row">{clock(hour.hour)}</th>
                            <td>{hour.count}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </figure>
    );
}
