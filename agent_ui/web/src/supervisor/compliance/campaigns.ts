// The campaigns to choose from: a help, without which the page still works.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, api } from "../../shared/api";

export interface CampaignName {
  id: number;
  name: string;
  creditor: string;
}

export function useCampaigns() {
  const found = useSignal<readonly CampaignName[]>([]);
  useEffect(() => {
    api<{ campaigns: CampaignName[] }>("GET", "/api/campaigns").then(
      (answer) => {
        found.value = answer.campaigns;
      },
      (error) => {
        if (!(error instanceof ApiError)) throw error;
      },
    );
  }, []);
  return found;
}
