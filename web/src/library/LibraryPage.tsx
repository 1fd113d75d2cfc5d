import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTitle } from '../account/useTitle';
import type { Upload } from '../api/client';
import { rowsOf } from '../live/merge';
import { plural } from '../ui/format';
import { Announcer } from './Announcer';
import { undoDelete } from './deleting';
import { SortMenu, StateFilter } from './Filters';
import { type Filter, filterOf, searchOf } from './filter';
import { LibraryList } from './LibraryList';
import { CannotBeShown, NoMore, NothingFound, NothingYet, Offline, Skeleton } from './Placeholders';
import { libraryQuery } from './queries';
import { SearchField } from './SearchField';
import { SelectionBar } from './SelectionBar';
import { kept, selection, useSelection } from './selection';
import { useQueuePositions } from './useQueuePositions';
import { stateNames } from './words';

export function LibraryPage() {
  const search = useSearch({ from: '/shell/' });
  const filter = useMemo(() => filterOf(search), [search]);
  const subject = JSON.stringify(filter);
  const list = useInfiniteQuery({ ...libraryQuery(filter), placeholderData: keepPreviousData });
  const rows = useMemo(() => rowsOf(list.data), [list.data]);
  const [isQueuedVisible, setQueuedVisible] = useState(false);
  useQueuePositions(filter, isQueuedVisible && rows.length > 0);
  useSelectionOf(rows, subject);
  useUndoKey();
  useTitle('Library');

  const change = useFilterChange();
  const { hasNextPage, isFetching, isFetchNextPageError, isPlaceholderData, fetchNextPage } = list;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetching && !isFetchNextPageError && !isPlaceholderData) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, isPlaceholderData, fetchNextPage]);

  const isAll = !filter.q && !filter.state;
  const isEmpty = list.isSuccess && rows.length === 0;
  const isFirstUse = isEmpty && isAll && !isPlaceholderData;
  const isSelecting = useSelection().ids.size > 0;
  const count = countWords(rows.length, hasNextPage);
  // How many there are in all is known once all are loaded; of a search the least is worth saying, too.
  const isCounted = rows.length > 0 && !isPlaceholderData && (!hasNextPage || !isAll);
  return (
    <>
      <div className="flex items-baseline justify-between gap-4">
        <h1 className="font-bold text-3xl">Library</h1>
        {isCounted && <p className="text-sm text-soft tabular-nums">{count}</p>}
      </div>
      {!isFirstUse && (
        <>
          <div className="-mx-4 sm:-mx-6 sticky top-16 z-10 flex gap-2 bg-paper px-4 py-3 sm:px-6">
            {isSelecting ? (
              <SelectionBar rows={rows} />
            ) : (
              <>
                <SearchField value={filter.q} isBusy={isPlaceholderData} onSearch={(q) => change({ q })} />
                <SortMenu filter={filter} onChange={change} />
              </>
            )}
          </div>
          <StateFilter filter={filter} onChange={change} />
        </>
      )}
      <div
        data-results={isPlaceholderData ? undefined : filter.q}
        aria-busy={isPlaceholderData}
        className={`mt-2 transition-opacity ${isPlaceholderData ? 'opacity-50' : ''}`}
      >
        {list.isPending && (list.isPaused ? <Offline /> : <Skeleton rows={8} />)}
        {list.isError && rows.length === 0 && (
          <CannotBeShown error={list.error} isBusy={list.isFetching} onRetry={() => void list.refetch()} />
        )}
        {isFirstUse && <NothingYet />}
        {isEmpty && !isAll && <NothingFound what={nothingWords(filter)} onClear={() => change({ q: '', state: '' })} />}
        {rows.length > 0 && (
          <LibraryList
            rows={rows}
            subject={isPlaceholderData ? '' : subject}
            hasMore={hasNextPage}
            onNearEnd={loadMore}
            onQueuedVisible={setQueuedVisible}
          />
        )}
        {list.isFetchingNextPage && <Skeleton rows={3} />}
        {isFetchNextPageError && (
          <NoMore error={list.error} isBusy={list.isFetchingNextPage} onRetry={() => void fetchNextPage()} />
        )}
      </div>
      <Announcer found={filter.q && list.isSuccess && !isPlaceholderData ? `${count} found` : ''} />
    </>
  );
}

function countWords(count: number, hasMore: boolean): string {
  return hasMore ? `more than ${plural(count, 'upload')}` : count === 0 ? 'no uploads' : plural(count, 'upload');
}

function nothingWords({ q, state }: Filter): string {
  const where = state ? ` among those that are “${stateNames[state].toLowerCase()}”` : '';
  return q ? `Nothing matches “${q}”${where}. Try fewer letters.` : `There is nothing${where}.`;
}

/** In the address, so that it can be kept and sent; without an entry of its own for each letter. */
function useFilterChange(): (change: Partial<Filter>) => void {
  const navigate = useNavigate({ from: '/' });
  return useCallback(
    (change: Partial<Filter>) => {
      const search = (before: Parameters<typeof filterOf>[0]) => searchOf({ ...filterOf(before), ...change });
      void navigate({ to: '/', search, replace: true });
    },
    [navigate],
  );
}

/** What is chosen is of what is listed: nothing may be deleted that is not seen. */
function useSelectionOf(rows: readonly Upload[], subject: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject is the very reason.
  useEffect(() => selection.clear, [subject]);
  useEffect(() => {
    if (selection.get().ids.size > 0)
      selection.set(
        kept(
          selection.get(),
          rows.map(({ id }) => id),
        ),
      );
  }, [rows]);
}

function useUndoKey(): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input:not([type=checkbox]), textarea');
      if (event.key !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || isTyping) return;
      if (undoDelete()) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
