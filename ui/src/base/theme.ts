/** Dense and calm: small type, quiet greys, one accent. Sizes are those of a tool read all day. */

import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Teal, darkened until white text on shade 7 passes 4.5:1. */
const glass: MantineColorsTuple = [
  "#ecfdf8",
  "#d3f8ee",
  "#a6efdd",
  "#6fe0c8",
  "#3cc9b0",
  "#1cae97",
  "#0f8f7d",
  "#0f766e",
  "#125d58",
  "#134e4a",
];

/** Dark greys with a little blue; 7 is the page, 6 a raised surface, 4 borders. */
const dark: MantineColorsTuple = [
  "#d5d9e0",
  "#b3b9c4",
  "#8d95a3",
  "#626b7a",
  "#363d49",
  "#2a303b",
  "#1d222b",
  "#14181f",
  "#0f1318",
  "#0a0d11",
];

const SANS =
  'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, Pretendard, "Apple SD Gothic Neo", ' +
  '"Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", "Liberation Sans", sans-serif';
const MONO =
  'ui-monospace, SFMono-Regular, "JetBrains Mono", Menlo, Consolas, "Liberation Mono", ' +
  '"D2Coding", "Noto Sans Mono CJK KR", monospace';

export const theme = createTheme({
  primaryColor: "glass",
  primaryShade: { light: 7, dark: 5 },
  autoContrast: true,
  colors: { glass, dark },
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: "11.5px", sm: "13px", md: "14px", lg: "16px", xl: "19px" },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.45", lg: "1.5", xl: "1.5" },
  spacing: { xs: "6px", sm: "10px", md: "14px", lg: "20px", xl: "28px" },
  radius: { xs: "2px", sm: "4px", md: "6px", lg: "8px", xl: "12px" },
  defaultRadius: "sm",
  headings: { fontWeight: "600" },
  components: {
    Button: { defaultProps: { size: "xs", variant: "default" }, styles: { label: { fontWeight: 500 } } },
    ActionIcon: { defaultProps: { size: "md", variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    ...Object.fromEntries(
      ["Checkbox", "InputWrapper", "NumberInput", "PasswordInput", "Switch", "TagsInput", "Textarea"].map(
        (name) => [name, { defaultProps: { size: "xs" } }],
      ),
    ),
    Text: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, fz: "xs" } },
    Menu: { defaultProps: { shadow: "md", withinPortal: true } },
    Popover: { defaultProps: { shadow: "md" } },
    Modal: { defaultProps: { size: "md", centered: true } },
  },
});
