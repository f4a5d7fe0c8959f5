import React, { type PropsWithChildren, useMemo } from 'react';
import { css, cx } from '@emotion/css';
import { type Field, type GrafanaTheme2, type LinkModel } from '@grafana/data';
import { Dropdown, Menu, useStyles2 } from '@grafana/ui';
import { type Figure } from '../types';
import { focusRing } from './style-parts';

interface DataLinksProps {
  readonly source: Figure['source'] | undefined;
  /** What is linked, for screen readers: "orders". It has to hold all words that are seen; absent, those are the name. */
  readonly label?: string;
  /** Of the link itself, or of the box around the children where there is no link. */
  readonly className?: string;
}

/**
 * Wraps its children with the data links of a figure: nothing without one, a link with one, a button with a menu with
 * more. All can be reached by keyboard.
 */
export function DataLinks({ source, label, className, children }: PropsWithChildren<DataLinksProps>) {
  const styles = useStyles2(getStyles);
  const links = useMemo(() => linksOf(source), [source]);
  const [first, ...others] = links;
  if (!first) {
    return className === undefined ? <>{children}</> : <span className={className}>{children}</span>;
  }
  const classes = cx(styles.link, className);
  if (others.length === 0) {
    return (
      <a
        className={classes}
        href={first.href}
        target={first.target}
        rel={first.target === '_blank' ? 'noreferrer' : undefined}
        aria-label={label && `${label}: ${first.title}`}
        aria-description={label ? undefined : first.title}
        onClick={first.onClick}
      >
        {children}
      </a>
    );
  }
  return (
    <Dropdown overlay={<LinksMenu links={links} />} placement="bottom-start">
      <button
        type="button"
        className={classes}
        aria-haspopup="menu"
        aria-label={label && `${label}: ${links.length} links`}
      >
        {children}
      </button>
    </Dropdown>
  );
}

/** Whether a figure has links, without making them. */
export function hasLinks(source: Figure['source'] | undefined): boolean {
  return source?.field.getLinks !== undefined && (source.field.config.links?.length ?? 0) > 0;
}

/** Made anew at each call, as Grafana fills variables in. */
export function linksOf(source: Figure['source'] | undefined): Array<LinkModel<Field>> {
  return source && hasLinks(source) ? (source.field.getLinks?.({ valueRowIndex: source.rowIndex }) ?? []) : [];
}

function LinksMenu({ links }: { readonly links: Array<LinkModel<Field>> }) {
  return (
    <Menu>
      {links.map((link, index) => (
        <Menu.Item key={index} label={link.title} url={link.href} target={link.target} onClick={link.onClick} />
      ))}
    </Menu>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  link: css({
    minWidth: 0,
    padding: 0,
    border: 0,
    background: 'none',
    color: 'inherit',
    font: 'inherit',
    textAlign: 'inherit',
    cursor: 'pointer',
    '&:hover': { textDecoration: 'underline' },
    borderRadius: theme.shape.radius.default,
    ...focusRing(theme, 'outside'),
  }),
});
